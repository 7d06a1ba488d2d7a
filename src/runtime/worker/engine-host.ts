import type { ListUpdate } from '../../engine/expr/index.js';
import { readRule, readStream, STORED } from '../../engine/rule/index.js';
import type { RuleDefinition, StreamDefinition } from '../../engine/rule/definition.js';
import { keyOf, keyOfAll, NO_KEY } from '../../engine/state/key.js';
import type { Output } from '../ports/outputs.js';
import type { SourceBatch } from '../ports/stores.js';
import type { OpenMatchView } from '../ports/job-control.js';
import { beginSnapshot, restoreMeta, segmentReader } from '../task/checkpointing.js';
import { EvaluationNote } from '../task/evaluation-note.js';
import type { RunningRule } from '../task/rule-set.js';
import type { SnapshotReader } from '../task/snapshot.js';
import { StreamTask } from '../task/stream-task.js';
import type { TaskMeta } from '../task/task-meta.js';
import type { Call, Document, EngineRuleStats, EngineStats, FromEngine, Reply, ToEngine, WorkerData } from './protocol.js';

/** Looked at between two messages while a checkpoint is written: a few ms. */
const KEYS_PER_SLICE = 250;
/** Of 4 MiB each, made and not yet in the database; then the writing waits, while events go on. */
const MAX_SEGMENTS_AHEAD = 4;

interface RunningSnapshot {
  /** Answered when it is written. */
  readonly call: number;
  readonly id: number;
  readonly kind: 'checkpoint' | 'savepoint';
  readonly proceed: ReturnType<typeof beginSnapshot>;
  segmentsSent: number;
  segmentsStored: number;
  /** The longest that the engine stood still for it, ms: at the barrier, or for one slice. */
  pauseMs: number;
}

/** Runs a task behind messages. All that is not deterministic (the pause's length) stays here. */
export class EngineHost {
  readonly #rules = new Map<string, RuleDefinition>();
  readonly #streams = new Map<string, StreamDefinition>();
  readonly #lists = new Map<string, ListUpdate>();
  readonly #note: EvaluationNote;
  readonly #task: StreamTask;
  readonly #maxAhead: number;
  readonly #post: (message: FromEngine, transfer?: ArrayBuffer[]) => void;
  #outputs: Output[] = [];
  /** The partitions that were told to be ahead. */
  #ahead = '';
  #consumed: SourceBatch[] = [];
  #segments: SnapshotReader | undefined;
  #snapshot: RunningSnapshot | undefined;

  constructor(data: WorkerData, post: (message: FromEngine, transfer?: ArrayBuffer[]) => void) {
    this.#post = post;
    this.#maxAhead = data.maxAhead;
    this.#note = new EvaluationNote(data.note, (number, name) => post({ type: 'name', number, name }));
    this.#task = new StreamTask({
      definitions: {
        rule: (id, version) => this.#ruleDefinition(id, version),
        stream: (name, version) => this.#streamDefinition(name, version),
        list: (name, version) => this.#takeList(name, version),
      },
      note: this.#note,
      limits: data.eventLimits,
      range: data.range,
      consumed: (batch) => this.#consumed.push(batch),
      emit: (output) => this.#outputs.push(output),
    });
  }

  handle(message: ToEngine): void {
    this.#note.busy(true);
    try {
      this.#handle(message);
      this.#tellAhead();
    } finally {
      this.#note.busy(false);
    }
  }

  #handle(message: ToEngine): void {
    switch (message.type) {
      case 'documents':
        return message.documents.forEach((document) => this.#keepDocument(document));
      case 'restore':
        restoreMeta(this.#task, JSON.parse(message.meta) as TaskMeta, (rule, version) => this.#ruleDefinition(rule, version));
        this.#segments = segmentReader(this.#task);
        return;
      case 'segment':
        return (this.#segments as SnapshotReader).apply(message.data);
      case 'replay':
        return message.entries.forEach((entry) => this.#task.replay(entry));
      case 'batch':
        this.#task.ingest(message.batch);
        return this.#flush();
      case 'quiet':
        this.#task.advanceQuietly(message.quiet);
        return this.#flush();
      case 'segmentsStored':
        return this.#storedSegments(message.checkpoint, message.segments);
      case 'call': {
        const { id, call } = message;
        return call.name === 'checkpoint' ? this.#beginCheckpoint(id, call.checkpoint, call.kind) : this.#answer(id, call);
      }
    }
  }

  #answer(id: number, call: Exclude<Call, { name: 'checkpoint' }>): void {
    let result: Reply | undefined;
    let error: string | undefined;
    try {
      result = this.#call(call);
    } catch (thrown) {
      error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    }
    this.#flush();
    this.#post({ type: 'reply', id, result, error });
  }

  #call(call: Exclude<Call, { name: 'checkpoint' }>): Reply {
    switch (call.name) {
      case 'start':
        this.#task.reading.proceed();
        return this.#rereadOffsets();
      case 'decide':
        return this.#task.decide(call.payload);
      case 'preview':
        return this.#preview(call.document);
      case 'assertWatermark':
        return this.#task.assertWatermark(call.stream, call.time);
      case 'stats':
        return this.#stats();
      case 'openMatches':
        return this.#openMatches(call.rule, call.key);
    }
  }

  /** Where reading goes on: the oldest unreleased offset of each partition. */
  #rereadOffsets(): Record<string, number> {
    return this.#task.reading.readFrom();
  }

  #preview(document: unknown): Reply {
    const { rule } = readRule(document, STORED);
    const known = rule === undefined ? undefined : this.#task.rules.rules.get(rule.id);
    return rule === undefined || known === undefined ? { carried: 0, dropped: 0 } : this.#task.rules.preview(known, rule);
  }

  /** The barrier; the reply comes when the checkpoint is written, in slices between messages. */
  #beginCheckpoint(call: number, id: number, kind: 'checkpoint' | 'savepoint'): void {
    const started = performance.now();
    const proceed = beginSnapshot(this.#task, id);
    this.#snapshot = { call, id, kind, proceed, segmentsSent: 0, segmentsStored: 0, pauseMs: performance.now() - started };
    this.#outputs.push({ type: 'barrier', checkpoint: id });
    this.#flush();
    setImmediate(this.#continueCheckpoint);
  }

  readonly #continueCheckpoint = (): void => {
    const running = this.#snapshot;
    if (running === undefined) return;
    const started = performance.now();
    const snapshot = running.proceed(KEYS_PER_SLICE);
    running.pauseMs = Math.max(running.pauseMs, performance.now() - started);
    if (snapshot === undefined) {
      this.#sendSegments(running);
      if (running.segmentsSent - running.segmentsStored < MAX_SEGMENTS_AHEAD) setImmediate(this.#continueCheckpoint);
      return;
    }
    this.#snapshot = undefined;
    const { id, kind, pauseMs } = running;
    const { meta, segments, oldestNeeded, neededOffsets } = snapshot;
    const { journalSequence } = meta;
    this.#outputs.push({
      type: 'checkpoint',
      checkpoint: {
        id,
        kind,
        journalSequence,
        oldestNeeded,
        meta: JSON.stringify(meta),
        lists: meta.lists ?? [],
        neededOffsets,
        segments,
        firstSegment: running.segmentsSent,
        pauseMs,
      },
    });
    this.#flush(segments.map((segment) => segment.buffer));
    this.#post({ type: 'reply', id: running.call, result: null });
  };

  #sendSegments(running: RunningSnapshot): void {
    const segments = this.#task.snapshotter.takeSegments();
    if (segments.length === 0) return;
    const part = { checkpoint: running.id, firstSegment: running.segmentsSent, segments };
    running.segmentsSent += segments.length;
    this.#post(
      { type: 'segments', part },
      segments.map(({ buffer }) => buffer),
    );
  }

  /** The writing goes on if it waited. */
  #storedSegments(checkpoint: number, segments: number): void {
    const running = this.#snapshot;
    if (running === undefined || running.id !== checkpoint) return;
    const waited = running.segmentsSent - running.segmentsStored >= MAX_SEGMENTS_AHEAD;
    running.segmentsStored = segments;
    if (waited && running.segmentsSent - segments < MAX_SEGMENTS_AHEAD) setImmediate(this.#continueCheckpoint);
  }

  /** Outputs first: progress says that they are on their way. */
  #flush(transfer?: ArrayBuffer[]): void {
    if (this.#outputs.length > 0) this.#post({ type: 'outputs', outputs: this.#outputs }, transfer);
    this.#outputs = [];
    if (this.#consumed.length === 0) return;
    // Before the progress that makes room for more of the same partition.
    this.#tellAhead();
    for (const { stream, partition, firstOffset, count, data } of this.#consumed) {
      this.#post({ type: 'progress', stream, partition, bytes: data.length, through: firstOffset + count });
    }
    this.#consumed = [];
  }

  /** Batches are not all that moves time: a decision may let a partition go on that was held back. */
  #tellAhead(): void {
    const partitions = this.#task.buffers.ahead(this.#maxAhead);
    const text = partitions.join('\n');
    if (text === this.#ahead) return;
    this.#ahead = text;
    this.#post({ type: 'ahead', partitions });
  }

  #stats(): EngineStats {
    const { streams: documents, partitions } = this.#task.streams;
    const streams = [...partitions.values()].map(({ clock }) => ({
      stream: clock.stream,
      version: documents.get(clock.stream)?.version ?? 0,
      partition: clock.partition,
      nextOffset: clock.nextOffset,
      watermark: finite(clock.watermark),
      idle: clock.idle,
      events: clock.events,
      late: clock.late,
      duplicates: clock.duplicates,
    }));
    return {
      rules: [...this.#task.rules.rules.values()].map((rule) => this.#ruleStats(rule)),
      streams,
      lists: this.#task.lists.versions(),
      recovering: this.#task.recovering,
    };
  }

  #ruleStats({ compiled, hosted, status }: RunningRule): EngineRuleStats {
    const { from, onStall } = compiled.definition;
    const buffer = this.#task.buffers.get(compiled.definition);
    const { counters, keys, keptEvents } = hosted;
    return {
      rule: compiled.id,
      version: compiled.version,
      status,
      ...counters,
      keys,
      keptEvents,
      from,
      onStall,
      watermark: finite(buffer?.mergedWatermark() ?? -Infinity),
    };
  }

  #openMatches(id: string, key: unknown): OpenMatchView[] {
    const rule = this.#task.rules.rules.get(id);
    if (rule === undefined) return [];
    const { definition, stepNames } = rule.compiled;
    const found = definition.key === undefined ? NO_KEY : Array.isArray(key) && Array.isArray(definition.key) ? keyOfAll(key) : keyOf(key);
    if (found === undefined) return [];
    return rule.operator.openMatches(rule.hosted, found.id).map(({ waitingFor, deadline, path }) => {
      const steps: Record<string, { id: string; time: number; event: unknown }[]> = {};
      for (const { step, event } of path)
        (steps[stepNames[step]] ??= []).push({
          id: event.id,
          time: event.time,
          event: JSON.parse(Buffer.from(event.raw).toString('utf8')) as unknown,
        });
      return { waitingFor, since: path.at(0)?.event.time ?? null, deadline: Number.isFinite(deadline) ? deadline : null, steps };
    });
  }

  #keepDocument({ kind, id, version, document }: Document): void {
    this.#note.alive();
    const name = `${id}@${version}`;
    if (kind === 'list') {
      this.#lists.set(name, document);
    } else if (kind === 'rule') {
      const { rule, problems } = readRule(document, STORED);
      if (rule === undefined) throw new Error(`rule ${name} cannot be read: ${JSON.stringify(problems)}`);
      this.#rules.set(name, rule);
    } else {
      const { stream, problems } = readStream(document, STORED);
      if (stream === undefined) throw new Error(`stream ${name} cannot be read: ${JSON.stringify(problems)}`);
      this.#streams.set(name, stream);
    }
  }

  /** Asked for before a rule is compiled. */
  #ruleDefinition(id: string, version: number): RuleDefinition {
    this.#note.alive();
    return known(this.#rules.get(`${id}@${version}`), `rule ${id}@${version}`);
  }

  /** Needed once: the task holds what it makes of it. */
  #takeList(list: string, version: number): ListUpdate {
    const name = `${list}@${version}`;
    const update = known(this.#lists.get(name), `list ${name}`);
    this.#lists.delete(name);
    return update;
  }

  #streamDefinition(name: string, version: number): StreamDefinition {
    return known(this.#streams.get(`${name}@${version}`), `stream ${name}@${version}`);
  }
}

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} was not given to the engine`);
  return value;
}

const finite = (time: number): number | null => (Number.isFinite(time) ? time : null);
