import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaSource } from '../../engine/rule/definition.js';
import type { SourceBatch, SourceReader } from '../../runtime/ports/stores.js';
import type { KafkaLog, KafkaSettings } from './connection.js';
import { frameLoss, frameMessages } from './record-frame.js';
import { type Fetched, TopicSession } from './topic-session.js';

/** How long a fetch waits for the first record, ms. */
const MAX_WAIT_MS = 250;
/** Read ahead per partition, bytes. */
const AHEAD_BYTES = 4 << 20;
const MIN_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 2_000;
const REFRESH_MS = 5_000;

/** How a source stands, for health. */
export interface SourceHealth {
  readonly stream: string;
  readonly topic: string;
  readonly state: 'connecting' | 'connected' | 'unreachable';
  readonly reason: string | null;
  /** Epoch ms. */
  readonly since: number;
  /** Events that retention dropped before they were read, since the start. */
  readonly lost: number;
}

interface TopicReaderOptions {
  readonly stream: string;
  readonly source: KafkaSource;
  readonly settings: KafkaSettings;
  readonly log: KafkaLog;
  /** The topic has partitions that were not there before. */
  readonly onPartitionsAdded: () => void;
}

/** One partition as its reader wants it. */
interface Position {
  /** The next offset to fetch. */
  next: number;
  ready: SourceBatch[];
  readyBytes: number;
}

/** A partition's end, and when the broker was asked for it (monotonic ms). */
interface KnownEnd {
  readonly offset: number;
  readonly askedAt: number;
}

/** The position is beyond the topic's end: it was deleted and made again, or lost its end. */
class BeyondEndError extends Error {}

/**
 * Reads a topic by offsets that its caller keeps. What is asked for is fetched ahead, and the caller is told when it is
 * there. While no broker answers it tries again and again, the end offsets are unknown, and nothing is lost.
 */
export class KafkaTopicReader implements SourceReader {
  readonly stream: string;
  readonly #options: TopicReaderOptions;
  readonly #positions = new Map<number, Position>();
  readonly #ends = new Map<number, KnownEnd>();
  readonly #listeners = new Set<() => void>();
  #session: TopicSession | undefined;
  #running = false;
  #closed = false;
  #wake: () => void = () => {};
  #woken: Promise<void> = Promise.resolve();
  #state: SourceHealth['state'] = 'connecting';
  #reason: string | null = null;
  #since = Date.now();
  #lost = 0;

  constructor(options: TopicReaderOptions) {
    this.#options = options;
    this.stream = options.stream;
    this.#rearm();
  }

  health(): SourceHealth {
    const { topic } = this.#options.source;
    return { stream: this.stream, topic, state: this.#state, reason: this.#reason, since: this.#since, lost: this.#lost };
  }

  async starts(first: boolean): Promise<ReadonlyMap<number, number>> {
    const session = await TopicSession.open(this.#options.settings, this.#options.source.topic);
    try {
      return await session.offsets(first ? this.#options.source.start : 'earliest');
    } finally {
      await session.close();
    }
  }

  async read(partition: number, offset: number): Promise<SourceBatch | undefined> {
    const position = this.#positionAt(partition, offset);
    const batch = position.ready.shift();
    if (batch !== undefined) position.readyBytes -= batch.data.length;
    this.#signal();
    if (!this.#running && !this.#closed) void this.#run();
    return batch;
  }

  endOffset(partition: number, since = -Infinity): number | undefined {
    const end = this.#ends.get(partition);
    return end !== undefined && end.askedAt >= since ? end.offset : undefined;
  }

  onAppend(listener: () => void): () => void {
    const entry = () => listener();
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#signal();
    await this.#session?.close();
  }

  /** Reading elsewhere than before drops what was read ahead. */
  #positionAt(partition: number, offset: number): Position {
    const known = this.#positions.get(partition);
    if (known !== undefined && (known.ready[0]?.firstOffset ?? known.next) === offset) return known;
    const fresh = { next: offset, ready: [], readyBytes: 0 };
    this.#positions.set(partition, fresh);
    return fresh;
  }

  /** Polls that wait look again. */
  #signal(): void {
    const wake = this.#wake;
    this.#rearm();
    wake();
  }

  #rearm(): void {
    this.#woken = new Promise((resolve) => (this.#wake = resolve));
  }

  /** One session after the other, each until it fails. */
  async #run(): Promise<void> {
    this.#running = true;
    let backoff = MIN_BACKOFF_MS;
    while (!this.#closed) {
      try {
        const session = await TopicSession.open(this.#options.settings, this.#options.source.topic);
        this.#session = session;
        await this.#poll(session, () => {
          backoff = MIN_BACKOFF_MS;
          this.#setState('connected', null);
        });
      } catch (error) {
        if (this.#closed) return;
        this.#ends.clear();
        this.#setState('unreachable', (error as Error).message);
      }
      await this.#session?.close();
      await delay(backoff);
      backoff = Math.min(backoff * 2, MAX_BACKOFF_MS);
    }
  }

  /** Polls every leader until one fails or partitions are added. */
  async #poll(session: TopicSession, works: () => void): Promise<void> {
    const ended = new AbortController();
    const polls = [...session.leaders()].map(([node, led]) => this.#pollLeader(session, node, led, ended.signal, works));
    const parts = [...polls, this.#watchPartitions(session, ended.signal)];
    try {
      await Promise.race(parts);
    } finally {
      ended.abort();
      this.#signal();
      await session.close();
      await Promise.allSettled(parts);
    }
  }

  async #pollLeader(session: TopicSession, node: string, led: readonly number[], ended: AbortSignal, works: () => void): Promise<void> {
    while (!this.#closed && !ended.aborted) {
      const wanted = led.flatMap((partition) => {
        const position = this.#positions.get(partition);
        return position === undefined || position.readyBytes >= AHEAD_BYTES ? [] : [{ partition, offset: position.next }];
      });
      if (wanted.length === 0) {
        await this.#woken;
        continue;
      }
      try {
        const askedAt = performance.now();
        const fetched = await session.fetch(node, wanted, MAX_WAIT_MS);
        works();
        for (const each of fetched) {
          this.#ends.set(each.partition, { offset: each.endOffset, askedAt });
          this.#take(each, wanted.find(({ partition }) => partition === each.partition)?.offset);
        }
      } catch (error) {
        if ((error as { type?: string }).type !== 'OFFSET_OUT_OF_RANGE' && (error as Error).name !== 'KafkaJSOffsetOutOfRange') throw error;
        await this.#passLoss(session, led);
      }
    }
  }

  #take({ partition, messages, nextOffset }: Fetched, asked: number | undefined): void {
    const position = this.#positions.get(partition);
    if (position === undefined || position.next !== asked || nextOffset === asked) return;
    const { stream, source } = this.#options;
    this.#deliver(position, frameMessages(messages, asked, nextOffset, { stream, partition, include: source.include }));
  }

  #deliver(position: Position, batch: SourceBatch): void {
    position.next = batch.firstOffset + batch.count;
    position.ready.push(batch);
    position.readyBytes += batch.data.length;
    for (const listener of this.#listeners) listener();
  }

  /** The broker does not hold a position: below its log the events are lost, which is told; above it something is wrong. */
  async #passLoss(session: TopicSession, led: readonly number[]): Promise<void> {
    const [starts, ends] = [await session.offsets('earliest'), await session.offsets('latest')];
    for (const partition of led) {
      const position = this.#positions.get(partition);
      const start = starts.get(partition) ?? 0;
      if (position === undefined) continue;
      if (position.next > (ends.get(partition) ?? Infinity)) {
        const message = `partition ${partition} ends at ${ends.get(partition)}, before offset ${position.next} that is to be read next: was the topic made again?`;
        throw new BeyondEndError(message);
      }
      if (position.next >= start) continue;
      this.#lost += start - position.next;
      const details = { stream: this.stream, partition, from: position.next, to: start };
      this.#options.log('error', `${start - position.next} events of ${this.stream}/${partition} were lost to retention`, details);
      this.#deliver(position, frameLoss(this.stream, partition, position.next, start));
    }
  }

  /** Resolves when the topic has more partitions than the session knew. */
  async #watchPartitions(session: TopicSession, ended: AbortSignal): Promise<void> {
    const known = session.partitions().length;
    while (!ended.aborted) {
      await delay(REFRESH_MS, undefined, { signal: ended }).catch(() => {});
      if (ended.aborted) return;
      await session.refresh();
      if (session.partitions().length > known) return this.#options.onPartitionsAdded();
    }
  }

  #setState(state: SourceHealth['state'], reason: string | null): void {
    if (this.#state === state && this.#reason === reason) return;
    if (this.#state !== state) this.#since = Date.now();
    const { topic } = this.#options.source;
    if (state === 'unreachable') this.#options.log('error', `topic ${topic} of stream ${this.stream} cannot be read: ${reason}`);
    else if (this.#state === 'unreachable') this.#options.log('info', `topic ${topic} of stream ${this.stream} is read again`);
    this.#state = state;
    this.#reason = reason;
  }
}
