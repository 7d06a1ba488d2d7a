import type { Operator } from '../../engine/operator/operator.js';
import { BinaryReader, BinaryWriter } from '../../engine/state/binary.js';
import { KEY_GROUPS } from '../../engine/state/key-group.js';
import type { Snapshotable } from '../../engine/state/keyed-state.js';

/**
 * Records of a segment. `operator` names the one that the puts and deletes behind it are of, up to the
 * segment's end; a later record of a key wins, `reset` and `drop` undo all earlier ones of their kind.
 */
const PUT = 1;
const DELETE = 2;
const RESET_GROUP = 3;
const DROP_OPERATOR = 4;
const OPERATOR = 5;

const SEGMENT_BYTES = 4 * 1024 * 1024;
/** Keys written in full per checkpoint to free old segments. */
const REFRESH_KEYS = 10_000;
/** Below this, old segments are not worth rewriting anything. */
const SMALL_BYTES = 8 * 1024 * 1024;

/** What is remembered between checkpoints, and in their meta. */
export interface SnapshotLedger {
  /** Per key group the checkpoint that last wrote it in full; 0 before the first. */
  baseOf: number[];
  /** Bytes of each group's last full write. */
  baseBytes: number[];
  /** Bytes written by each checkpoint whose segments are still needed. */
  stored: { id: number; bytes: number }[];
}

export function emptyLedger(groups = KEY_GROUPS): SnapshotLedger {
  return { baseOf: new Array<number>(groups).fill(0), baseBytes: new Array<number>(groups).fill(0), stored: [] };
}

/** Whose keys a snapshot holds. */
export type Snapshotted = Pick<Operator, 'id' | 'state'>;

/** What a snapshot has written when it is done. */
export interface Snapshot {
  readonly segments: Uint8Array<ArrayBuffer>[];
  /** The oldest checkpoint whose segments are needed. */
  readonly oldestNeeded: number;
}

/**
 * Incremental snapshots as a log: each checkpoint writes the keys that changed. When the log is more than
 * twice what is alive, the key groups written longest ago are written again in full, some at each
 * checkpoint, so that the oldest segments are needed no more (the cleaning of log-structured storage,
 * Rosenblum and Ousterhout 1992; Flink's changelog backend materialises instead).
 */
export class Snapshotter {
  readonly #dropped = new Set<string>();
  #running: RunningSnapshot | undefined;

  constructor(readonly ledger: SnapshotLedger = emptyLedger()) {}

  /** The operator and all its keys are gone. */
  drop(operator: string): void {
    this.#dropped.add(operator);
  }

  /** The barrier: what is written from now on is the state of this moment, whatever changes meanwhile. */
  begin(checkpoint: number, operators: readonly Snapshotted[]): void {
    if (this.#running !== undefined) throw new Error('a checkpoint begins before the one in front of it is written');
    const segments = new SegmentWriter();
    for (const id of this.#dropped) segments.record(DROP_OPERATOR, (out) => out.text(id));
    this.#dropped.clear();
    const whole = new Set(this.#groupsToRefresh(operators));
    for (const group of whole) segments.record(RESET_GROUP, (out) => out.uint(group));
    const written = new Array<number>(this.ledger.baseOf.length).fill(0);
    for (const { id, state } of operators) {
      state.beginSnapshot(
        {
          put: (group, key, value) => (written[group] += segments.put(id, key, value)),
          putRecord: (group, record) => (written[group] += segments.putRecord(id, record)),
          delete: (key) => segments.delete(id, key),
        },
        whole,
      );
    }
    this.#running = { checkpoint, operators: [...operators], segments, whole, written };
  }

  /** Looks at up to `keys` more keys; the snapshot once it is done. */
  continue(keys: number): Snapshot | undefined {
    const running = this.#running;
    if (running === undefined) return undefined;
    const { operators, segments } = running;
    while (operators.length > 0) {
      if (operators[operators.length - 1].state.continueSnapshot(keys)) return undefined;
      operators.pop();
    }
    this.#running = undefined;
    return { segments: segments.finish(), oldestNeeded: this.#account(running) };
  }

  /** Segments that are full already, taken out: for one who stores them before all are there. */
  takeSegments(): Uint8Array<ArrayBuffer>[] {
    return this.#running?.segments.take() ?? [];
  }

  #groupsToRefresh(operators: readonly Snapshotted[]): number[] {
    const { baseOf, baseBytes, stored } = this.ledger;
    // The first checkpoint writes every key anyway.
    if (stored.length === 0) return baseOf.map((_, group) => group);
    const total = stored.reduce((sum, { bytes }) => sum + bytes, 0);
    const alive = baseBytes.reduce((sum, bytes) => sum + bytes, 0);
    if (total <= 2 * alive + SMALL_BYTES) return [];
    const oldestFirst = baseOf.map((_, group) => group).sort((a, b) => baseOf[a] - baseOf[b]);
    const groups: number[] = [];
    let keys = 0;
    for (const group of oldestFirst) {
      for (const { state } of operators) keys += state.sizeOfGroup(group);
      if (keys > REFRESH_KEYS && groups.length > 0) break;
      groups.push(group);
    }
    return groups;
  }

  /** Keeps the ledger; returns the oldest checkpoint whose segments are needed. */
  #account({ checkpoint, whole, written, segments }: RunningSnapshot): number {
    for (const group of whole) {
      this.ledger.baseOf[group] = checkpoint;
      this.ledger.baseBytes[group] = written[group];
    }
    this.ledger.stored.push({ id: checkpoint, bytes: segments.bytes });
    const oldestBase = Math.min(...this.ledger.baseOf);
    this.ledger.stored = this.ledger.stored.filter(({ id }) => id >= oldestBase);
    return this.ledger.stored[0].id;
  }
}

interface RunningSnapshot {
  readonly checkpoint: number;
  /** Those with keys left; one that is dropped meanwhile stays as it was. */
  readonly operators: Snapshotted[];
  readonly segments: SegmentWriter;
  /** Groups written in full. */
  readonly whole: ReadonlySet<number>;
  /** Bytes by group. */
  readonly written: number[];
}

class SegmentWriter {
  readonly #out = new BinaryWriter(64 * 1024);
  #segments: Uint8Array<ArrayBuffer>[] = [];
  /** Of all segments so far. */
  bytes = 0;
  readonly #record = new BinaryWriter();
  /** The one that records are of at this place of the segment. */
  #operator: string | undefined;

  record(tag: number, write: (out: BinaryWriter) => void): void {
    this.#record.reset();
    write(this.#record);
    this.#append(tag, this.#record.view());
  }

  /** Returns the bytes taken. */
  put(operator: string, key: string, value: Uint8Array): number {
    this.#record.reset();
    this.#record.text(key);
    this.#record.raw(value);
    return this.putRecord(operator, this.#record.view());
  }

  putRecord(operator: string, record: Uint8Array): number {
    this.#append(PUT, record, operator);
    return record.length;
  }

  delete(operator: string, key: string): void {
    this.#record.reset();
    this.#record.text(key);
    this.#append(DELETE, this.#record.view(), operator);
  }

  finish(): Uint8Array<ArrayBuffer>[] {
    if (this.#out.length > 0) this.#cut();
    return this.take();
  }

  take(): Uint8Array<ArrayBuffer>[] {
    const segments = this.#segments;
    this.#segments = [];
    return segments;
  }

  #append(tag: number, record: Uint8Array, operator?: string): void {
    if (this.#out.length > 0 && this.#out.length + record.length > SEGMENT_BYTES) this.#cut();
    if (operator !== undefined && operator !== this.#operator) {
      this.#operator = operator;
      this.#out.byte(OPERATOR);
      this.#out.text(operator);
    }
    this.#out.byte(tag);
    this.#out.bytes(record);
  }

  /** Into memory of its own, so that it can be handed to another thread. */
  #cut(): void {
    this.#segments.push(new Uint8Array(this.#out.view()));
    this.bytes += this.#out.length;
    this.#out.reset();
    this.#operator = undefined;
  }
}

/** What records are put back into. */
type Restorable = Pick<Snapshotable, 'restore' | 'discard' | 'discardGroup'>;

/** Applies segments in order. Operators that no rule has any more are passed over. */
export class SnapshotReader {
  constructor(readonly operators: ReadonlyMap<string, { readonly state: Restorable }>) {}

  apply(segment: Uint8Array): void {
    const records = new BinaryReader(segment);
    let state: Restorable | undefined;
    while (!records.done) {
      const tag = records.byte();
      if (tag === OPERATOR) state = this.operators.get(records.text())?.state;
      else this.#apply(tag, records.part(), state);
    }
  }

  #apply(tag: number, record: BinaryReader, state: Restorable | undefined): void {
    switch (tag) {
      case PUT:
        return state?.restore(record.text(), record);
      case DELETE:
        return state?.discard(record.text());
      case RESET_GROUP: {
        const group = record.uint();
        for (const operator of this.operators.values()) operator.state.discardGroup(group);
        return;
      }
      case DROP_OPERATOR: {
        const dropped = this.operators.get(record.text());
        for (let group = 0; group < KEY_GROUPS; group++) dropped?.state.discardGroup(group);
        return;
      }
      default:
        throw new Error(
          `a segment of the checkpoint holds a record of kind ${tag}, this release knows 1 to ${OPERATOR}: a newer one wrote it`,
        );
    }
  }
}
