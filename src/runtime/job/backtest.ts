import { setTimeout as delay } from 'node:timers/promises';
import type { EventLimits, TimeRange } from '../../engine/rule/decode-event.js';
import type { ListUpdate } from '../../engine/expr/index.js';
import type { JournalPayload, Output } from '../ports/outputs.js';
import type { PastReader, SourceBatch, SourceReader, Sources } from '../ports/stores.js';
import type { Document, FromEngine } from '../worker/protocol.js';
import { EngineThread } from './engine-thread.js';
import { SourceFeeds } from './source-feeds.js';

/** A stored rule over what its streams' logs still hold. */
export interface BacktestTask {
  readonly rule: { readonly id: string; readonly version: number; readonly document: unknown };
  readonly streams: readonly { readonly name: string; readonly version: number; readonly document: unknown; readonly past: PastReader }[];
  /** The content of the reference lists that it asks. */
  readonly lists: readonly ListUpdate[];
  /** Only events of these times; time ends at `until`. */
  readonly range: TimeRange;
  readonly eventLimits: EventLimits;
  /** ms of event time a partition may be ahead of the others. */
  readonly maxAhead: number;
  /** Heap of its thread, MiB. */
  readonly maxHeapMb: number;
}

export interface BacktestProgress {
  /** Offsets passed, and how many there are to pass. */
  readonly read: number;
  readonly total: number;
  readonly alerts: number;
  /** Events that could not be used: late, of the wrong type, … */
  readonly deadLetters: number;
}

export interface BacktestEvents {
  /** In the order in which the rule gives them; each id once. The body is JSON without `detectedAt`. */
  alert(body: Uint8Array): void;
  progress(progress: BacktestProgress): void;
  /** While true nothing more is read: whoever takes the alerts is behind. */
  congested(): boolean;
}

const POLL_MS = 20;
const PROGRESS_MS = 500;

/**
 * Runs the rule in a thread of its own, through the same task as the job's, so that order, lateness and deadlines are
 * those of the service; nothing is journaled, checkpointed or published. A partition read to its end steps aside, as
 * in a log that is complete. Rejects with the source's error, with the thread's, or with the signal's reason.
 */
export async function backtest(task: BacktestTask, events: BacktestEvents, cancelled: AbortSignal): Promise<BacktestProgress> {
  const run = new BacktestRun(task, events);
  try {
    return await Promise.race([run.toEnd(), run.failed, aborted(cancelled)]);
  } finally {
    await run.stop();
  }
}

class BacktestRun {
  readonly failed: Promise<never>;
  readonly #thread: EngineThread;
  readonly #feeds: SourceFeeds;
  readonly #partitions: readonly Ranged[];
  readonly #alerts = new Set<string>();
  #deadLetters = 0;
  #stopped = false;

  constructor(
    readonly task: BacktestTask,
    readonly events: BacktestEvents,
  ) {
    let fail: (error: Error) => void = () => {};
    this.failed = new Promise((_, reject) => (fail = reject));
    this.failed.catch(() => {});
    this.#partitions = task.streams.flatMap(({ name, past }) =>
      [...past.from].map(([partition, from]) => ({ stream: name, partition, from, to: past.to.get(partition) ?? from, done: false })),
    );
    this.#thread = new EngineThread(task, (message) => this.#received(message), fail);
    const target = {
      send: (batch: SourceBatch) => this.#thread.post({ type: 'batch', batch }, [batch.data.buffer as ArrayBuffer]),
      congested: () => events.congested(),
      readFailed: (error: Error | undefined) => error && fail(error),
    };
    this.#feeds = new SourceFeeds(new PastSources(task.streams), target, Infinity);
  }

  async toEnd(): Promise<BacktestProgress> {
    await this.#begin();
    this.#feeds.start(this.#partitions.map(({ stream, partition, from }) => ({ stream, partition, nextOffset: from })));
    let told = performance.now();
    while (!(await this.#finished())) {
      if (performance.now() - told >= PROGRESS_MS) {
        told = performance.now();
        this.events.progress(this.#progress());
      }
      this.#feeds.wake();
      await delay(POLL_MS);
    }
    for (const { name } of this.task.streams)
      await this.#thread.call({ name: 'assertWatermark', stream: name, time: this.task.range.until });
    return this.#progress();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#feeds.stop();
    await this.#thread.terminate();
    await Promise.all(this.task.streams.map(({ past }) => past.close()));
  }

  async #begin(): Promise<void> {
    const { rule, streams, lists } = this.task;
    this.#thread.post({ type: 'documents', documents: documentsOf(this.task) });
    for (const { list, version, deleted } of lists) await this.#decide({ kind: 'list-changed', list, version, deleted });
    for (const { name, version, past } of streams) {
      const starts = Object.fromEntries([...past.from].map(([partition, offset]) => [`${name}/${partition}`, offset]));
      await this.#decide({ kind: 'stream-changed', stream: name, version, starts });
    }
    await this.#decide({ kind: 'rule-activated', rule: rule.id, version: rule.version, status: 'active' });
  }

  /** Sets aside what has been read to its end; whether all has. */
  async #finished(): Promise<boolean> {
    const position = new Map(this.#feeds.workedOff());
    for (const each of this.#partitions) {
      const { stream, partition, from, to } = each;
      if (each.done || (position.get(`${stream}/${partition}`) ?? from) < to) continue;
      each.done = true;
      await this.#decide({ kind: 'partition-idle', stream, partition });
    }
    return this.#partitions.every(({ done }) => done);
  }

  #decide(payload: JournalPayload): Promise<unknown> {
    return this.#thread.call({ name: 'decide', payload });
  }

  #progress(): BacktestProgress {
    const position = new Map(this.#feeds.workedOff());
    let read = 0;
    let total = 0;
    for (const { stream, partition, from, to } of this.#partitions) {
      read += Math.min(position.get(`${stream}/${partition}`) ?? from, to) - from;
      total += to - from;
    }
    return { read, total, alerts: this.#alerts.size, deadLetters: this.#deadLetters };
  }

  #received(message: FromEngine): void {
    if (message.type === 'outputs') message.outputs.forEach((output) => this.#take(output));
    else if (message.type === 'progress') this.#feeds.worked(message);
    else if (message.type === 'ahead') this.#feeds.holdBack(message.partitions);
    else if (message.type === 'reply') this.#thread.reply(message);
  }

  #take(output: Output): void {
    if (this.#stopped) return;
    if (output.type === 'deadLetter') this.#deadLetters++;
    if (output.type !== 'alert' || this.#alerts.has(output.alert.id)) return;
    this.#alerts.add(output.alert.id);
    this.events.alert(output.alert.body);
  }
}

interface Ranged {
  readonly stream: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  done: boolean;
}

/** The readers of a backtest, each up to where its log ended at the beginning. */
class PastSources implements Sources {
  readonly #readers: ReadonlyMap<string, SourceReader>;

  constructor(streams: BacktestTask['streams']) {
    this.#readers = new Map(streams.map(({ name, past }) => [name, bounded(past)]));
  }

  reader(stream: string): SourceReader {
    return this.#readers.get(stream)!;
  }

  workedOff(): void {
    // Nobody waits for room in the log because of it.
  }
}

function bounded({ reader, to }: PastReader): SourceReader {
  return {
    stream: reader.stream,
    read: async (partition, offset) => (offset < (to.get(partition) ?? 0) ? reader.read(partition, offset) : undefined),
    starts: (first) => reader.starts(first),
    endOffset: (partition) => to.get(partition),
    onAppend: (listener) => reader.onAppend(listener),
  };
}

function documentsOf({ rule, streams, lists }: BacktestTask): Document[] {
  return [
    ...lists.map((list): Document => ({ kind: 'list', id: list.list, version: list.version, document: list })),
    ...streams.map(({ name, version, document }): Document => ({ kind: 'stream', id: name, version, document })),
    { kind: 'rule', ...rule },
  ];
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
