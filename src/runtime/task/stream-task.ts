import { Event } from '../../engine/event/event.js';
import { FieldLayout } from '../../engine/event/field-layout.js';
import type { Operator } from '../../engine/operator/operator.js';
import type { RuleDefinition, StreamDefinition } from '../../engine/rule/definition.js';
import { FrameCursor } from '../log/frame.js';
import type { JournalEntry, JournalPayload, Output, Positions } from '../ports/outputs.js';
import type { RuleChangeResult } from '../ports/job-control.js';
import type { SourceBatch } from '../ports/stores.js';
import { partitionName } from '../release/partition-clock.js';
import { ReleaseBuffer } from '../release/release-buffer.js';
import type { EvaluationNote } from './evaluation-note.js';
import { planAdvance, type StreamQuiet } from './quiet.js';
import { RuleSet, type RunningRule } from './rule-set.js';
import { type SnapshotLedger, Snapshotter } from './snapshot.js';
import { type Partition, StreamSet } from './stream-set.js';
import { TaskSink } from './task-sink.js';

/** Documents by name and version: the journal names them, the catalog holds them. */
export interface Definitions {
  rule(id: string, version: number): RuleDefinition;
  stream(name: string, version: number): StreamDefinition;
}

export interface TaskOptions {
  readonly definitions: Definitions;
  readonly note: EvaluationNote;
  readonly emit: (output: Output) => void;
  /** A batch has been worked off and is held no longer. */
  readonly consumed: (batch: SourceBatch) => void;
  /** The task itself took the rule out of work. */
  readonly ruleStopped: (rule: string, reason: 'limit' | 'watchdog') => void;
}

interface Barrier {
  readonly positions: Positions;
  apply(): void;
}

/** Stands for a rule where a stream's own expression is evaluated; no rule can be called so. */
const STREAM_ID = 'id of the stream';
const NO_CHANGE: RuleChangeResult = { carried: 0, dropped: 0 };

/**
 * The deterministic heart of a job: events by partition and journal entries go in, outputs come out in
 * order, and nothing else decides them. Reads no clock and does no I/O; the thread around it does.
 *
 * In live work a decision (a rule activated, a partition idle, …) becomes a journal entry at the positions
 * where it falls. In recovery the entries lie ready as barriers: no partition is read beyond the next one.
 */
export class StreamTask {
  readonly layout = new FieldLayout();
  readonly streams = new StreamSet(this.layout);
  readonly rules: RuleSet;
  readonly buffers = new Map<string, ReleaseBuffer>();
  readonly poison = new Map<string, { rule: string; stream: string; partition: number; offset: number }>();
  /** Deadlines, epoch ms, at which a rule is to be stopped. */
  readonly poisonDeadlines: { readonly rule: string; readonly time: number }[] = [];
  snapshotter = new Snapshotter();
  journalSequence = 0;
  readonly #options: TaskOptions;
  readonly #sink: TaskSink;
  readonly #held = new Map<string, SourceBatch[]>();
  readonly #barriers: Barrier[] = [];
  /** While a partition is read again: the next offset to come. */
  readonly #rereading = new Map<string, number>();

  constructor(options: TaskOptions) {
    this.#options = options;
    this.#sink = new TaskSink(options.emit, options.note, (rule) => this.rules.rules.get(rule)?.status === 'shadow');
    this.rules = new RuleSet(this.layout, this.#sink);
  }

  get recovering(): boolean {
    return this.#barriers.length > 0;
  }

  /** Recovery applies the entry when every partition stands exactly at its positions. */
  replay(entry: JournalEntry): void {
    this.#barriers.push({ positions: entry.positions, apply: () => this.#applyReplayed(entry) });
  }

  /** Holds everything until each partition has been read up to `positions` again. */
  rereadTo(positions: Positions): void {
    this.#barriers.push({ positions, apply: () => {} });
  }

  /** Takes a batch and works off all that may be worked off; the rest is held until its barrier is reached. */
  ingest(batch: SourceBatch): void {
    const name = partitionName(batch.stream, batch.partition);
    if (!this.streams.partitions.has(name)) return;
    const held = this.#held.get(name);
    if (held === undefined) this.#held.set(name, [batch]);
    else held.push(batch);
    this.proceed();
  }

  /** Works off held batches and barriers as far as they go. */
  proceed(): void {
    for (;;) {
      const barrier = this.#barriers.at(0);
      for (const [name, partition] of this.streams.partitions) this.#drain(name, partition, limitOf(barrier, name));
      if (barrier === undefined || !this.#reached(barrier)) return;
      this.#barriers.shift();
      this.#releaseAll();
      barrier.apply();
    }
  }

  /** A decision of now: journaled at the present positions, then applied. */
  decide(payload: JournalPayload): RuleChangeResult {
    this.#releaseAll();
    const entry = { sequence: ++this.journalSequence, positions: this.positions(), payload };
    this.#options.emit({ type: 'journal', entry });
    const result = this.#apply(payload);
    this.#releaseAll();
    return result;
  }

  /** The quiet clock and idle partitions: journals what would release an event or fire a deadline, no more. */
  advanceQuietly(quiet: readonly StreamQuiet[]): void {
    if (this.recovering) return;
    for (const payload of planAdvance(this.buffers.values(), this.streams, quiet)) this.decide(payload);
  }

  /** A producer asserts that all up to `time` has been sent. */
  assertWatermark(stream: string, time: number): number {
    const current = Math.min(...this.streams.partitionsOf(stream).map(({ clock }) => clock.watermark));
    if (time > current) this.decide({ kind: 'time-advanced', stream, watermark: time, cause: 'asserted' });
    return Math.max(time, current);
  }

  positions(): Record<string, number> {
    const positions: Record<string, number> = {};
    for (const [name, { clock }] of this.streams.partitions) positions[name] = clock.nextOffset;
    return positions;
  }

  operators(): Operator[] {
    const operators: Operator[] = [...this.rules.rules.values()].map((rule) => rule.operator);
    for (const { dedupe } of this.streams.partitions.values()) if (dedupe !== undefined) operators.push(dedupe);
    return operators;
  }

  /** Partitions that may be read no further for now: too far ahead of the others in event time. */
  ahead(maxAhead: number): string[] {
    const names: string[] = [];
    for (const [name, { clock }] of this.streams.partitions) {
      for (const buffer of this.buffers.values()) {
        if (buffer.hasClock(clock) && buffer.size > 0 && clock.maxTime > buffer.mergedWatermark() + maxAhead + clock.outOfOrderness) {
          names.push(name);
          break;
        }
      }
    }
    return names;
  }

  #reached(barrier: Barrier): boolean {
    for (const [name, { clock }] of this.streams.partitions) if (clock.nextOffset < limitOf(barrier, name)) return false;
    return [...this.streams.partitions.keys()].every((name) => (this.#rereading.get(name) ?? Infinity) >= limitOf(barrier, name));
  }

  /** Where reading goes on, per partition. */
  readFrom(): Record<string, number> {
    return { ...this.positions(), ...Object.fromEntries(this.#rereading) };
  }

  startReread(name: string, offset: number): void {
    this.#rereading.set(name, offset);
  }

  #drain(name: string, partition: Partition, limit: number): void {
    const held = this.#held.get(name);
    while (held !== undefined && held.length > 0) {
      const batch = held[0];
      this.#take(name, partition, batch, limit);
      if ((this.#rereading.get(name) ?? partition.clock.nextOffset) < batch.firstOffset + batch.count) return;
      held.shift();
      this.#options.consumed(batch);
    }
    if (!this.recovering) this.#release(partition);
  }

  /** Takes the batch's events below `limit`. */
  #take(name: string, partition: Partition, batch: SourceBatch, limit: number): void {
    const { clock } = partition;
    const cursor = new FrameCursor(batch.data);
    for (let offset = batch.firstOffset; offset < limit && cursor.next(); offset++) {
      const rereading = this.#rereading.get(name);
      if (offset < (rereading ?? clock.nextOffset)) continue;
      if (rereading !== undefined) this.#rereading.set(name, offset + 1);
      if (offset >= clock.nextOffset) {
        this.#rereading.delete(name);
        this.#accept(partition, offset, cursor);
      } else if (!clock.skipped.has(offset)) {
        this.#readAgain(this.#decode(clock.stream, clock.partition, offset, cursor));
      }
    }
  }

  #readAgain(event: Event): void {
    for (const buffer of this.#buffersFor(event)) if (!buffer.released(event)) buffer.add(event);
  }

  #accept(partition: Partition, offset: number, cursor: FrameCursor): void {
    const { clock } = partition;
    if (clock.idle && !this.recovering) this.#wake(partition);
    const event = this.#decode(clock.stream, clock.partition, offset, cursor);
    clock.nextOffset = offset + 1;
    clock.events++;
    if (this.#isLate(partition, event) || this.#isDuplicate(partition, event)) {
      clock.skipped.add(offset);
      return;
    }
    clock.maxTime = Math.max(clock.maxTime, event.time);
    partition.dedupe?.advanceTime(clock.watermark);
    for (const buffer of this.#buffersFor(event)) buffer.add(event);
  }

  #decode(stream: string, partition: number, offset: number, cursor: FrameCursor): Event {
    const fields = this.layout.decode(cursor.raw);
    const event = new Event(this.layout, stream, partition, offset, cursor.time, cursor.raw, fields);
    const id = this.#idOf(event);
    return id === undefined ? event : new Event(this.layout, stream, partition, offset, cursor.time, cursor.raw, fields, id);
  }

  /** Watched like a rule: where it did not end in time, the event goes on under its position. */
  #idOf(event: Event): string | undefined {
    if (!this.streams.hasId(event.stream)) return undefined;
    this.#options.note.evaluation(STREAM_ID, event);
    if (!this.#isPoison(STREAM_ID, event)) return this.streams.idOf(event);
    this.#letter(event, 'rule-stopped', `the \`id\` of stream "${event.stream}" was stopped: evaluating this event did not end in time`, {
      cause: STREAM_ID,
    });
    return undefined;
  }

  #isLate({ clock }: Partition, event: Event): boolean {
    if (event.time > clock.watermark) return false;
    clock.late++;
    const cause = event.time <= clock.floor ? 'floor' : 'watermark';
    this.#letter(event, 'late-event', `event time ${event.time} is at or below the ${cause} ${clock.watermark} of its partition`, {
      watermark: clock.watermark,
      cause,
    });
    return true;
  }

  #isDuplicate({ clock, dedupe }: Partition, event: Event): boolean {
    if (dedupe === undefined || dedupe.isFirst(event.id, event.time)) return false;
    clock.duplicates++;
    return true;
  }

  #wake({ clock }: Partition): void {
    this.#releaseAll();
    let floor = clock.floor;
    for (const buffer of this.buffers.values()) if (buffer.hasClock(clock)) floor = Math.max(floor, buffer.floorFor(clock));
    this.decide({ kind: 'partition-active', stream: clock.stream, partition: clock.partition, floor });
  }

  #letter(event: Event, code: string, message: string, more: { watermark?: number; cause?: string }): void {
    const { stream, partition, offset, time, raw } = event;
    const identity = `${stream}/${partition}/${offset}/${code}${code === 'rule-stopped' ? `/${more.cause}` : ''}`;
    this.#options.emit({
      type: 'deadLetter',
      deadLetter: { identity, stream, partition, offset, code, message, time, ...more, raw: Uint8Array.prototype.slice.call(raw) },
    });
  }

  *#buffersFor(event: Event): Iterable<ReleaseBuffer> {
    const name = partitionName(event.stream, event.partition);
    for (const buffer of this.buffers.values()) {
      if (buffer.streams.includes(event.stream) && event.offset >= (buffer.startOffsets[name] ?? 0)) yield buffer;
    }
  }

  #release({ clock }: Partition): void {
    for (const buffer of this.buffers.values()) if (buffer.hasClock(clock)) buffer.release();
    this.#takeOutStopped();
  }

  #releaseAll(): void {
    for (const buffer of this.buffers.values()) buffer.release();
    this.#takeOutStopped();
  }

  // journal

  #applyReplayed(entry: JournalEntry): void {
    this.journalSequence = entry.sequence;
    this.#apply(entry.payload);
    this.#releaseAll();
  }

  #apply(payload: JournalPayload): RuleChangeResult {
    switch (payload.kind) {
      case 'rule-activated':
        return this.#activate(payload.rule, payload.version, payload.status);
      case 'rule-paused':
        return this.#pause(payload.rule);
      case 'rule-retired':
        return this.#retire(payload.rule);
      case 'stream-changed':
        this.putStream(payload.stream, payload.version, payload.starts);
        return NO_CHANGE;
      case 'stream-deleted':
        this.streams.delete(payload.stream);
        return NO_CHANGE;
      case 'partition-idle':
        this.#clock(payload).idle = true;
        return NO_CHANGE;
      case 'partition-active':
        Object.assign(this.#clock(payload), { idle: false, floor: payload.floor });
        return NO_CHANGE;
      case 'time-advanced':
        for (const { clock } of this.streams.partitionsOf(payload.stream)) clock.floor = Math.max(clock.floor, payload.watermark);
        return NO_CHANGE;
      case 'poison':
        this.addPoison({ rule: payload.rule, ...payload.event });
        return NO_CHANGE;
      case 'poison-deadline':
        this.poisonDeadlines.push({ rule: payload.rule, time: payload.time });
        return NO_CHANGE;
    }
  }

  #clock({ stream, partition }: { stream: string; partition: number }): Partition['clock'] {
    return (this.streams.partitions.get(partitionName(stream, partition)) as Partition).clock;
  }

  /** `starts`: by stream/partition, where partitions that are new begin. */
  putStream(name: string, version: number, starts: Positions = {}): void {
    this.streams.put(this.#options.definitions.stream(name, version), version, starts);
    for (const buffer of this.buffers.values()) this.#connect(buffer);
  }

  #activate(id: string, version: number, status: 'active' | 'shadow'): RuleChangeResult {
    const definition = this.#options.definitions.rule(id, version);
    const { rule, replaced, carried, dropped } = this.rules.activate(definition, version, status);
    if (replaced !== undefined) this.#remove(replaced);
    const { operators } = this.bufferFor(definition.from);
    if (!operators.includes(rule.operator)) operators.push(rule.operator);
    return { carried, dropped };
  }

  #pause(id: string): RuleChangeResult {
    const result = this.rules.pause(id);
    const rule = this.rules.rules.get(id);
    if (rule !== undefined) this.#disconnect(rule);
    return result;
  }

  #retire(id: string): RuleChangeResult {
    const { retired, carried, dropped } = this.rules.retire(id);
    if (retired !== undefined) this.#remove(retired);
    return { carried, dropped };
  }

  #remove(rule: RunningRule): void {
    this.#disconnect(rule);
    this.snapshotter.drop(rule.operator.id);
  }

  /** Without rules a buffer would only hold events: it goes, and a later rule's starts with later events. */
  #disconnect({ operator }: RunningRule): void {
    for (const [id, buffer] of this.buffers) {
      const at = buffer.operators.indexOf(operator);
      if (at >= 0) buffer.operators.splice(at, 1);
      if (buffer.operators.length === 0) this.buffers.delete(id);
    }
  }

  bufferFor(from: readonly string[]): ReleaseBuffer {
    const id = JSON.stringify(from);
    const known = this.buffers.get(id);
    if (known !== undefined) return known;
    const starts = Object.entries(this.positions()).filter(([name]) => from.includes(name.slice(0, name.lastIndexOf('/'))));
    return this.addBuffer(new ReleaseBuffer(from, Object.fromEntries(starts)));
  }

  addBuffer(buffer: ReleaseBuffer): ReleaseBuffer {
    buffer.admit = (operator, time, event) => this.#admit(operator, time, event);
    this.buffers.set(buffer.id, buffer);
    this.#connect(buffer);
    return buffer;
  }

  #connect(buffer: ReleaseBuffer): void {
    for (const { clock } of this.streams.partitions.values()) {
      if (buffer.streams.includes(clock.stream) && !buffer.hasClock(clock)) buffer.addClock(clock);
    }
  }

  // the watchdog's side

  addPoison(poison: { rule: string; stream: string; partition: number; offset: number }): void {
    this.poison.set(`${poison.rule} ${poison.stream}/${poison.partition}/${poison.offset}`, poison);
  }

  /** Before each evaluation: notes it for the watchdog, and keeps stopped rules out from that very event on. */
  #admit(operator: Operator, time: number, event?: Event): boolean {
    for (const id of this.#sink.stopped.keys()) this.rules.pause(id);
    if (this.#sink.stopped.has(operator.id)) return false;
    if (this.poisonDeadlines.length > 0 && this.#meetsPoisonDeadline(operator, time)) return this.#stop(operator.id);
    if (event === undefined) return true;
    this.#options.note.evaluation(operator.id, event);
    if (!this.#isPoison(operator.id, event)) return true;
    this.#letter(event, 'rule-stopped', `rule "${operator.id}" was stopped: evaluating this event did not end in time`, {
      cause: operator.id,
    });
    return this.#stop(operator.id);
  }

  /** Fires what is due before the deadline at which the rule is to be stopped, if it comes up to there. */
  #meetsPoisonDeadline(operator: Operator, until: number): boolean {
    for (const { rule, time } of this.poisonDeadlines) {
      if (rule !== operator.id || time > until || operator.nextDeadline() > time) continue;
      operator.advanceTime(time - 1);
      if (operator.nextDeadline() <= time) return true;
    }
    return false;
  }

  /** From here on the rule sees nothing; it is taken out after this release. */
  #stop(rule: string): false {
    this.#sink.stopped.set(rule, 'watchdog');
    this.rules.pause(rule);
    return false;
  }

  #isPoison(rule: string, { stream, partition, offset }: Event): boolean {
    return this.poison.size > 0 && this.poison.has(`${rule} ${stream}/${partition}/${offset}`);
  }

  #takeOutStopped(): void {
    for (const [id, reason] of this.#sink.stopped) {
      this.#options.ruleStopped(id, reason);
      this.#pause(id);
    }
    this.#sink.stopped.clear();
  }

  restoreLedger(ledger: SnapshotLedger): void {
    this.snapshotter = new Snapshotter(ledger);
  }
}

function limitOf(barrier: Barrier | undefined, name: string): number {
  return barrier === undefined ? Infinity : (barrier.positions[name] ?? 0);
}
