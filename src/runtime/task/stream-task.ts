import { FieldLayout } from '../../engine/event/field-layout.js';
import { type ListUpdate, MemoryListStore } from '../../engine/expr/index.js';
import type { KeyedRulesOperator } from '../../engine/match/operator/keyed-rules-operator.js';
import type { Operator } from '../../engine/operator/operator.js';
import type { EventLimits, TimeRange } from '../../engine/rule/decode-event.js';
import type { RuleDefinition, StreamDefinition } from '../../engine/rule/definition.js';
import type { JournalEntry, JournalPayload, Output, Positions } from '../ports/outputs.js';
import type { RuleChangeResult } from '../ports/job-control.js';
import type { SourceBatch } from '../ports/stores.js';
import { type PartitionClock, partitionName } from '../release/partition-clock.js';
import { BufferSet } from './buffer-set.js';
import { DeadLetters } from './dead-letters.js';
import type { EvaluationNote } from './evaluation-note.js';
import { Intake } from './intake.js';
import { LimitNotes } from './limit-notes.js';
import { PartitionReading } from './partition-reading.js';
import { noLongerStalled, planAdvance, type StreamQuiet } from './quiet.js';
import { RuleGuard } from './rule-guard.js';
import { RuleSet } from './rule-set.js';
import { type SnapshotLedger, Snapshotter } from './snapshot.js';
import { StreamSet } from './stream-set.js';
import { TaskSink } from './task-sink.js';

/** Documents by name and version: the journal names them, the catalog holds them. */
export interface Definitions {
  rule(id: string, version: number): RuleDefinition;
  stream(name: string, version: number): StreamDefinition;
  /** What brings the list to the version: from the one before in the journal or the checkpoint. */
  list(name: string, version: number): ListUpdate;
}

export interface TaskOptions {
  readonly definitions: Definitions;
  readonly note: EvaluationNote;
  readonly limits: EventLimits;
  /** Only events of these times are looked at; absent = all. */
  readonly range?: TimeRange;
  readonly emit: (output: Output) => void;
  /** A batch has been worked off and is held no longer. */
  readonly consumed: (batch: SourceBatch) => void;
}

const NO_CHANGE: RuleChangeResult = { carried: 0, dropped: 0 };

/**
 * The deterministic heart of a job: events by partition and journal entries go in, outputs come out in
 * order, and nothing else decides them. Reads no clock and does no I/O; the thread around it does.
 *
 * In live work a decision (a rule activated, a partition idle, …) becomes a journal entry at the positions
 * where it falls. In recovery the entries lie ready as barriers: no partition is read beyond the next one.
 */
export class StreamTask {
  /** How deep an event may nest was decided at the door. */
  readonly layout = new FieldLayout(Infinity);
  readonly streams = new StreamSet(this.layout);
  readonly lists = new MemoryListStore();
  readonly rules: RuleSet;
  readonly guard: RuleGuard;
  readonly limits = new LimitNotes();
  readonly buffers: BufferSet;
  readonly reading: PartitionReading;
  snapshotter = new Snapshotter();
  journalSequence = 0;
  readonly #options: TaskOptions;
  /** Rules that the last release stopped, to be journaled. */
  readonly #stops: JournalPayload[] = [];

  constructor(options: TaskOptions) {
    this.#options = options;
    const { emit, note, consumed } = options;
    const letters = new DeadLetters(emit);
    this.guard = new RuleGuard(note, letters);
    const sink = new TaskSink(emit, this.guard, {
      isShadow: (rule) => this.rules.rules.get(rule)?.status === 'shadow',
      limitReached: (limit) => {
        this.limits.reached(limit);
        if (limit.onLimit === 'pause') this.guard.stop(limit.rule, 'limit');
      },
    });
    this.rules = new RuleSet(this.layout, this.lists, sink);
    this.buffers = new BufferSet(this.streams);
    const intake = new Intake(this.layout, this.streams, this.buffers, this.guard, letters, options.limits, options.range);
    this.reading = new PartitionReading(this.streams, {
      read: (partition, offset, cursor, arrivalTime) => {
        if (!this.recovering) this.#wake(partition.clock);
        intake.accept(partition, offset, cursor, arrivalTime);
      },
      readAgain: (partition, offset, cursor) => intake.acceptAgain(partition, offset, cursor),
      lost: (partition, offset, count) => letters.lost(partition, offset, count),
      caughtUp: ({ clock }) => this.#settle(clock),
      barrierReached: () => this.#release(),
      consumed,
    });
  }

  get recovering(): boolean {
    return this.reading.recovering;
  }

  /** Recovery applies the entry when every partition stands exactly at its positions. */
  replay(entry: JournalEntry): void {
    const { payload } = entry;
    // Names its own place, which may lie before where the thread had come to when it was ended.
    if (payload.kind === 'poison' || payload.kind === 'poison-deadline') this.#apply(payload);
    this.reading.addBarrier(entry.positions, () => this.#applyReplayed(entry));
  }

  /** Takes a batch and works off all that may be worked off. */
  ingest(batch: SourceBatch): void {
    this.reading.take(batch);
  }

  /** A decision of now: journaled at the present positions, then applied. */
  decide(payload: JournalPayload): RuleChangeResult {
    this.#settle();
    this.#journal(payload);
    const result = this.#apply(payload);
    this.#settle();
    return result;
  }

  /** The quiet clock, idle and stalled partitions: journals what would release an event or fire a deadline, no more. */
  advanceQuietly(quiet: readonly StreamQuiet[]): void {
    if (this.recovering) return;
    for (const clock of noLongerStalled(this.streams, quiet)) this.#wake(clock);
    for (const payload of planAdvance(this.buffers, this.streams, quiet)) this.decide(payload);
  }

  /** A producer asserts that all up to `time` has been sent. */
  assertWatermark(stream: string, time: number): number {
    const current = Math.min(...this.streams.partitionsOf(stream).map(({ clock }) => clock.watermark));
    if (time > current) this.decide({ kind: 'time-advanced', stream, watermark: time, cause: 'asserted' });
    return Math.max(time, current);
  }

  /** Next offset not yet taken, by stream/partition. */
  positions(): Record<string, number> {
    const positions: Record<string, number> = {};
    for (const [name, { clock }] of this.streams.partitions) positions[name] = clock.nextOffset;
    return positions;
  }

  operators(): Operator[] {
    const operators: Operator[] = [...this.rules.operators.values()];
    for (const { dedupe } of this.streams.partitions.values()) if (dedupe !== undefined) operators.push(dedupe);
    return operators;
  }

  /** `starts`: by stream/partition, where partitions that are new begin. */
  putStream(name: string, version: number, starts: Positions = {}): void {
    this.streams.put(this.#options.definitions.stream(name, version), version, starts);
    this.buffers.connect();
  }

  putList(name: string, version: number): void {
    if (version > this.lists.version(name)) this.lists.apply(this.#options.definitions.list(name, version));
  }

  restoreLedger(ledger: SnapshotLedger): void {
    this.snapshotter = new Snapshotter(ledger);
  }

  // journal

  #journal(payload: JournalPayload): void {
    this.#options.emit({ type: 'journal', entry: { sequence: ++this.journalSequence, positions: this.positions(), payload } });
  }

  /** Releases in live work: what the release itself has decided goes into the journal before anything else does. */
  #settle(clock?: PartitionClock): void {
    this.#release(clock);
    for (const limit of this.limits.takeFresh()) this.#journal(limit);
    for (const stop of this.#stops.splice(0)) this.#journal(stop);
  }

  #applyReplayed(entry: JournalEntry): void {
    this.journalSequence = entry.sequence;
    // Their entries are among those to come, or this is one of them.
    this.limits.forgetFresh();
    this.#stops.length = 0;
    this.#apply(entry.payload);
    this.#release();
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
      case 'list-changed':
        this.putList(payload.list, payload.version);
        return NO_CHANGE;
      case 'partition-idle':
        this.#clock(payload).idle = true;
        return NO_CHANGE;
      case 'partition-active':
        Object.assign(this.#clock(payload), { idle: false, floor: payload.floor, stallFloor: payload.stallFloor });
        return NO_CHANGE;
      case 'partition-stalled':
        this.#clock(payload).stalled = true;
        return NO_CHANGE;
      case 'partition-resumed':
        Object.assign(this.#clock(payload), { stalled: false, stallFloor: payload.stallFloor });
        return NO_CHANGE;
      case 'time-advanced':
        for (const { clock } of this.streams.partitionsOf(payload.stream)) clock.floor = Math.max(clock.floor, payload.watermark);
        return NO_CHANGE;
      case 'limit-reached':
        this.limits.note(payload);
        return NO_CHANGE;
      case 'poison':
        this.guard.addPoison({ rule: payload.rule, ...payload.event });
        return NO_CHANGE;
      case 'poison-deadline':
        this.guard.addPoisonDeadline({ rule: payload.rule, time: payload.time });
        return NO_CHANGE;
    }
  }

  #clock({ stream, partition }: { stream: string; partition: number }): PartitionClock {
    const found = this.streams.partitions.get(partitionName(stream, partition));
    if (found === undefined) throw new Error(`the journal names partition ${partition} of stream "${stream}", which is not there`);
    return found.clock;
  }

  #activate(id: string, version: number, status: 'active' | 'shadow'): RuleChangeResult {
    const definition = this.#options.definitions.rule(id, version);
    const { rule, left, carried, dropped } = this.rules.activate(definition, version, status);
    if (left !== undefined) this.#leave(left);
    this.buffers.join(rule.operator, definition, this.positions());
    return { carried, dropped };
  }

  #pause(id: string): RuleChangeResult {
    const result = this.rules.pause(id);
    const rule = this.rules.rules.get(id);
    if (rule !== undefined) this.#leave(rule.operator);
    return result;
  }

  #retire(id: string): RuleChangeResult {
    const retired = this.rules.retire(id);
    if (retired !== undefined) this.#leave(retired.operator);
    return NO_CHANGE;
  }

  /** A rule has left the operator, or is paused: without one that runs it sees no more events, without any it is gone. */
  #leave(operator: KeyedRulesOperator): void {
    if (operator.running.length === 0) this.buffers.disconnect(operator);
    if (operator.isEmpty) this.snapshotter.drop(operator.id);
  }

  /** A partition that stood aside holds the rules again; what comes from it at or below the floors is late. */
  #wake(clock: PartitionClock): void {
    if (!clock.idle && !clock.stalled) return;
    this.#settle();
    const { stream, partition } = clock;
    const stallFloor = this.buffers.stallFloorFor(clock);
    if (clock.stalled) this.decide({ kind: 'partition-resumed', stream, partition, stallFloor });
    else this.decide({ kind: 'partition-active', stream, partition, floor: this.buffers.floorFor(clock), stallFloor });
  }

  /** Releases what the partition holds, or all that can be released; rules stopped meanwhile are taken out. */
  #release(clock?: PartitionClock): void {
    this.buffers.release(clock);
    for (const [rule, reason] of this.guard.takeStopped()) {
      this.#pause(rule);
      const version = this.rules.rules.get(rule)?.compiled.version;
      if (version !== undefined) this.#stops.push({ kind: 'rule-paused', rule, reason, version });
    }
  }
}
