import type { OpenMatch } from '../../src/engine/match/matcher.js';
import { readRule, readStream } from '../../src/engine/rule/index.js';
import type { RuleDefinition, StreamDefinition } from '../../src/engine/rule/definition.js';
import type { ListKey, ListUpdate } from '../../src/engine/expr/index.js';
import { frameRecords } from '../../src/runtime/log/frame.js';
import type { RuleChangeResult } from '../../src/runtime/ports/job-control.js';
import type { JournalEntry, Output } from '../../src/runtime/ports/outputs.js';
import { beginSnapshot, restoreMeta, segmentReader } from '../../src/runtime/task/checkpointing.js';
import { EvaluationNote, NOTE_BYTES, readNote } from '../../src/runtime/task/evaluation-note.js';
import type { PartitionClock } from '../../src/runtime/release/partition-clock.js';
import { StreamTask } from '../../src/runtime/task/stream-task.js';
import type { TaskMeta } from '../../src/runtime/task/task-meta.js';

export interface Record {
  readonly time: number;
  /** Of the whole batch when it is the first of one; epoch ms, 0 by default. */
  readonly arrivalTime?: number;
  readonly value: object;
}

/** A task with its logs and its "database" in memory: it can be crashed and brought back anywhere. */
export class TaskHarness {
  readonly alerts = new Set<string>();
  readonly deadLetters = new Set<string>();
  readonly journal: JournalEntry[] = [];
  /** All that was emitted, repeated after crashes. */
  readonly outputs: Output[] = [];
  readonly #logs = new Map<string, Record[]>();
  readonly #streams: ReadonlyMap<string, StreamDefinition>;
  /** By id, the versions from 1. */
  readonly #rules = new Map<string, RuleDefinition[]>();
  /** By name, the contents of its versions from 1, all that each holds. */
  readonly #lists = new Map<string, ListKey[][]>();
  readonly #note = new SharedArrayBuffer(NOTE_BYTES);
  readonly #names = new Map<number, string>();
  /** Which rule was noted as being evaluated when each alert's text was made, and whether at a deadline. */
  readonly noted: { readonly alertOf: string; readonly rule: string | undefined; readonly deadline: boolean }[] = [];
  readonly #segments: { id: number; segments: readonly Uint8Array[] }[] = [];
  #latest: { id: number; oldestNeeded: number; meta: string; journalSequence: number } | undefined;
  #checkpoints = 0;
  #writing: { id: number; proceed: ReturnType<typeof beginSnapshot> } | undefined;
  task: StreamTask;

  constructor(
    streams: readonly object[],
    rules: readonly object[],
    readonly options: { readonly farFuture: number } = { farFuture: Infinity },
  ) {
    this.#streams = new Map(
      streams.map((document) => readStream(document, {}).stream as StreamDefinition).map((stream) => [stream.name, stream]),
    );
    this.task = this.#newTask();
    for (const stream of this.#streams.keys()) this.task.decide({ kind: 'stream-changed', stream, version: 1, starts: {} });
    for (const rule of rules) this.activate(rule);
  }

  /** Activates the next version of a rule. */
  activate(document: object): RuleChangeResult {
    const { rule, problems } = readRule(document, {});
    if (rule === undefined) throw new Error(JSON.stringify(problems));
    const versions = [...(this.#rules.get(rule.id) ?? []), rule];
    this.#rules.set(rule.id, versions);
    return this.task.decide({ kind: 'rule-activated', rule: rule.id, version: versions.length, status: 'active' });
  }

  /** Gives a list the next version, with these keys and no others. */
  putList(list: string, keys: readonly ListKey[]): void {
    const versions = [...(this.#lists.get(list) ?? []), [...keys]];
    this.#lists.set(list, versions);
    this.task.decide({ kind: 'list-changed', list, version: versions.length, deleted: false });
  }

  /** Appends to a partition's log and feeds the batch. */
  send(stream: string, partition: number, records: readonly Record[]): void {
    const log = this.#log(stream, partition);
    const firstOffset = log.length;
    log.push(...records);
    this.#feed(stream, partition, firstOffset, records);
  }

  checkpoint(): void {
    this.beginCheckpoint();
    this.continueCheckpoint(Infinity);
  }

  /** The barrier; one that is being written is written first. */
  beginCheckpoint(): void {
    this.continueCheckpoint(Infinity);
    const id = ++this.#checkpoints;
    this.#writing = { id, proceed: beginSnapshot(this.task, id) };
  }

  /** Writes up to so many keys of a checkpoint that has begun. */
  continueCheckpoint(keys: number): void {
    const snapshot = this.#writing?.proceed(keys);
    if (this.#writing === undefined || snapshot === undefined) return;
    const { id } = this.#writing;
    const { meta, segments, oldestNeeded } = snapshot;
    this.#segments.push({ id, segments });
    this.#latest = { id, oldestNeeded, meta: JSON.stringify(meta), journalSequence: meta.journalSequence };
    this.#writing = undefined;
  }

  /** Loses everything but logs, journal and checkpoints, and recovers; `batch` events are read at a time. */
  crash(batch: number): void {
    this.#writing = undefined;
    this.task = this.#newTask();
    const latest = this.#latest;
    if (latest !== undefined) this.#restore(latest);
    for (const entry of this.journal) if (entry.sequence > (latest?.journalSequence ?? 0)) this.task.replay(entry);
    this.task.reading.proceed();
    for (const [name, offset] of Object.entries(this.task.reading.readFrom())) this.#readAgain(name, offset, batch);
  }

  /** All partitions but those stalled (stream/partition) are caught up and have been silent for `elapsed` ms. */
  quiet(elapsed: number, stalled: readonly string[] = []): void {
    const partitions = [...this.task.streams.partitions.values()].map(({ clock }) => clock);
    const isStalled = ({ stream, partition }: PartitionClock) => stalled.includes(`${stream}/${partition}`);
    this.task.advanceQuietly(
      [...this.#streams.keys()].map((stream) => {
        const own = partitions.filter((clock) => clock.stream === stream);
        return {
          stream,
          elapsed: own.some(isStalled) ? undefined : elapsed,
          caughtUp: own
            .filter((clock) => !isStalled(clock))
            .map(({ partition, nextOffset }) => ({ partition, endOffset: nextOffset, elapsed })),
          stalled: own.filter(isStalled).map(({ partition, nextOffset }) => ({ partition, position: nextOffset })),
        };
      }),
    );
  }

  /** Open partial matches of a key; ids are those of Key. */
  openMatches(rule: string, key: string): readonly OpenMatch[] {
    const { operator, hosted } = this.task.rules.rules.get(rule)!;
    return operator.openMatches(hosted, key);
  }

  close(): void {
    for (const stream of this.#streams.keys()) this.task.assertWatermark(stream, 1e12);
  }

  #restore(latest: { id: number; oldestNeeded: number; meta: string }): void {
    restoreMeta(this.task, JSON.parse(latest.meta) as TaskMeta, (rule, version) => this.#rule(rule, version));
    const reader = segmentReader(this.task);
    for (const { id, segments } of this.#segments)
      if (id >= latest.oldestNeeded && id <= latest.id) for (const segment of segments) reader.apply(segment);
  }

  #readAgain(name: string, offset: number, batch: number): void {
    const slash = name.lastIndexOf('/');
    const [stream, partition] = [name.slice(0, slash), Number(name.slice(slash + 1))];
    const log = this.#log(stream, partition);
    for (let from = offset; from < log.length; from += batch) this.#feed(stream, partition, from, log.slice(from, from + batch));
  }

  #feed(stream: string, partition: number, firstOffset: number, records: readonly Record[]): void {
    const data = frameRecords(records.map(({ time, value }) => ({ time, raw: Buffer.from(JSON.stringify(value)) })));
    this.task.ingest({ stream, partition, firstOffset, count: records.length, arrivalTime: records[0]?.arrivalTime ?? 0, data });
  }

  /** From whatever version there is: keys of all others are removed. */
  #listUpdate(list: string, version: number): ListUpdate {
    const versions = this.#lists.get(list) ?? [];
    const keys = versions[version - 1];
    return {
      list,
      version,
      put: keys.map((key) => [key, true]),
      removed: versions.flat().filter((key) => !keys.includes(key)),
      deleted: false,
    };
  }

  #rule(id: string, version: number): RuleDefinition {
    return (this.#rules.get(id) as RuleDefinition[])[version - 1];
  }

  #log(stream: string, partition: number): Record[] {
    const name = `${stream}/${partition}`;
    const log = this.#logs.get(name) ?? [];
    this.#logs.set(name, log);
    return log;
  }

  #newTask(): StreamTask {
    return new StreamTask({
      definitions: {
        rule: (id, version) => this.#rule(id, version),
        stream: (name) => this.#streams.get(name) as StreamDefinition,
        list: (name, version) => this.#listUpdate(name, version),
      },
      note: new EvaluationNote(this.#note, (number, name) => this.#names.set(number, name)),
      limits: { maxEventBytes: 2 ** 20, maxEventNesting: 64, farFutureMs: this.options.farFuture },
      emit: (output) => this.#keep(output),
      consumed: () => {},
    });
  }

  #keep(output: Output): void {
    this.outputs.push(output);
    if (output.type === 'alert') {
      const { rule, partition } = readNote(this.#note);
      this.noted.push({ alertOf: output.alert.rule, rule: this.#names.get(rule), deadline: partition === 0 });
      this.alerts.add(output.alert.id);
    }
    if (output.type === 'deadLetter') this.deadLetters.add(output.deadLetter.identity);
    if (output.type === 'journal') this.journal.push(output.entry);
  }
}
