import type { Operator } from '../../engine/operator/operator.js';
import { BinaryReader, BinaryWriter } from '../../engine/state/binary.js';
import { KEY_GROUPS, keyGroupOf } from '../../engine/state/key-group.js';

/** Records of a segment. A later record wins; `reset` and `drop` undo all earlier ones of their kind. */
const PUT = 1;
const DELETE = 2;
const RESET_GROUP = 3;
const DROP_OPERATOR = 4;

const SEGMENT_BYTES = 4 * 1024 * 1024;
/** Keys written in full per checkpoint to free old segments: about 20 ms at 2 µs a key. */
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

export function emptyLedger(): SnapshotLedger {
  return { baseOf: new Array<number>(KEY_GROUPS).fill(0), baseBytes: new Array<number>(KEY_GROUPS).fill(0), stored: [] };
}

/**
 * Incremental snapshots as a log: each checkpoint writes the keys that changed. When the log is more than
 * twice what is alive, the key groups written longest ago are written again in full, some at each
 * checkpoint, so that the oldest segments are needed no more (the cleaning of log-structured storage,
 * Rosenblum and Ousterhout 1992; Flink's changelog backend materialises instead).
 */
export class Snapshotter {
  readonly #dropped = new Set<string>();

  constructor(readonly ledger: SnapshotLedger = emptyLedger()) {}

  /** The operator and all its keys are gone. */
  drop(operator: string): void {
    this.#dropped.add(operator);
  }

  /** Writes what changed; the operators' changes are cleared. */
  take(checkpoint: number, operators: readonly Operator[]): { segments: Uint8Array[]; oldestNeeded: number } {
    const segments = new SegmentWriter();
    for (const id of this.#dropped) segments.record(DROP_OPERATOR, (out) => out.utf16(id));
    this.#dropped.clear();
    const refreshed = new Set(this.#groupsToRefresh(operators));
    for (const group of refreshed) this.#writeGroup(segments, checkpoint, group, operators);
    for (const operator of operators) {
      for (const key of operator.changedKeys()) if (!refreshed.has(keyGroupOf(key))) writeKey(segments, operator, key);
      operator.clearChanges();
    }
    const written = segments.finish();
    const oldestNeeded = this.#account(checkpoint, written);
    return { segments: written, oldestNeeded };
  }

  #writeGroup(segments: SegmentWriter, checkpoint: number, group: number, operators: readonly Operator[]): void {
    const before = segments.bytes;
    segments.record(RESET_GROUP, (out) => out.uint(group));
    for (const operator of operators) for (const key of operator.keysOfGroup(group)) writeKey(segments, operator, key);
    this.ledger.baseOf[group] = checkpoint;
    this.ledger.baseBytes[group] = segments.bytes - before;
  }

  #groupsToRefresh(operators: readonly Operator[]): number[] {
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
      for (const operator of operators) for (const _ of operator.keysOfGroup(group)) keys++;
      if (keys > REFRESH_KEYS && groups.length > 0) break;
      groups.push(group);
    }
    return groups;
  }

  /** Keeps the ledger; returns the oldest checkpoint whose segments are needed. */
  #account(checkpoint: number, written: readonly Uint8Array[]): number {
    this.ledger.stored.push({ id: checkpoint, bytes: written.reduce((sum, segment) => sum + segment.length, 0) });
    const oldestBase = Math.min(...this.ledger.baseOf);
    this.ledger.stored = this.ledger.stored.filter(({ id }) => id >= oldestBase);
    return this.ledger.stored[0].id;
  }
}

function writeKey(segments: SegmentWriter, operator: Operator, key: string): void {
  const name = (out: BinaryWriter): void => {
    out.utf16(operator.id);
    out.utf16(key);
  };
  const written = segments.record(PUT, (out) => {
    name(out);
    return operator.writeKey(key, out);
  });
  if (!written) segments.record(DELETE, name);
}

class SegmentWriter {
  readonly #out = new BinaryWriter(64 * 1024);
  readonly #segments: Uint8Array[] = [];
  #finishedBytes = 0;
  readonly #record = new BinaryWriter();

  get bytes(): number {
    return this.#finishedBytes + this.#out.length;
  }

  /** Writes one record unless `write` returns false. */
  record(tag: number, write: (out: BinaryWriter) => boolean | void): boolean {
    this.#record.reset();
    if (write(this.#record) === false) return false;
    if (this.#out.length > 0 && this.#out.length + this.#record.length > SEGMENT_BYTES) this.#cut();
    this.#out.byte(tag);
    this.#out.bytes(this.#record.view());
    return true;
  }

  finish(): Uint8Array[] {
    if (this.#out.length > 0) this.#cut();
    return this.#segments;
  }

  #cut(): void {
    const segment = this.#out.toBytes();
    this.#finishedBytes += segment.length;
    this.#segments.push(segment);
    this.#out.reset();
  }
}

/** Applies segments in order. Operators that no rule has any more are passed over. */
export class SnapshotReader {
  constructor(
    readonly operators: ReadonlyMap<string, Operator>,
    /** Keys of `operator` in `group` as restored so far. */
    readonly all: readonly Operator[] = [...operators.values()],
  ) {}

  apply(segment: Uint8Array): void {
    const records = new BinaryReader(segment);
    while (!records.done) {
      const tag = records.byte();
      this.#apply(tag, new BinaryReader(records.bytes()));
    }
  }

  #apply(tag: number, record: BinaryReader): void {
    if (tag === RESET_GROUP) return this.#reset(record.uint());
    const operator = this.operators.get(record.utf16());
    if (operator === undefined) return;
    if (tag === DROP_OPERATOR) for (let group = 0; group < KEY_GROUPS; group++) forgetGroup(operator, group);
    else if (tag === PUT) operator.restoreKey(record.utf16(), record);
    else if (tag === DELETE) operator.forgetKey(record.utf16());
    else throw new Error(`unknown record ${tag} in a checkpoint's segment`);
  }

  #reset(group: number): void {
    for (const operator of this.all) forgetGroup(operator, group);
  }
}

function forgetGroup(operator: Operator, group: number): void {
  for (const key of [...operator.keysOfGroup(group)]) operator.forgetKey(key);
}
