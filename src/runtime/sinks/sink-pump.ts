import { setTimeout as delay } from 'node:timers/promises';
import { failpoint } from '../failpoint.js';
import { DeliveryError, type Outbox, type SinkCursors, type SinkWriter } from '../ports/sinks.js';
import type { OutboxRow } from '../ports/stores.js';

const MIN_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 30_000;

/**
 * atMostOnce notes the cursor before it delivers, the others after. exactlyOnce delivers only what a checkpoint covers, and
 * its target keeps the sink's place itself, together with the rows.
 */
export type Delivery = 'atMostOnce' | 'atLeastOnce' | 'exactlyOnce';

export interface SinkStatus {
  readonly sink: string;
  readonly state: 'delivering' | 'failing' | 'stopped';
  /** Why, while it fails, or for good. */
  readonly reason: string | null;
  /** Epoch ms. */
  readonly since: number;
  /** Outbox number up to which it has delivered. */
  readonly cursor: number;
  readonly delivered: number;
  readonly failures: number;
  /** Alerts that the target refused for good. */
  readonly refused: number;
}

export interface SinkPumpOptions {
  readonly sink: string;
  readonly delivery: Delivery;
  readonly writer: SinkWriter;
  readonly outbox: Outbox;
  readonly cursors: SinkCursors;
  /** Whether the alert goes to this sink. */
  readonly wants: (row: OutboxRow) => Promise<boolean>;
  /** Resolves when there may be new rows, or after a while. */
  readonly next: (stopped: AbortSignal) => Promise<void>;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, details?: object) => void;
}

/**
 * Takes the outbox to one sink, in order, from its cursor on. A pump reads no further than its target takes, so a
 * target that is down costs disk and holds nobody up. What was delivered and not yet noted when the process died is
 * delivered again, under the same alert ids.
 */
export class SinkPump {
  readonly #options: SinkPumpOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #cursor = 0;
  #state: SinkStatus['state'] = 'delivering';
  #reason: string | null = null;
  #since = Date.now();
  #delivered = 0;
  #failures = 0;
  #refused = 0;
  #backoff = MIN_BACKOFF_MS;

  constructor(options: SinkPumpOptions) {
    this.#options = options;
  }

  /** A new sink starts at the outbox's end. Resolves when its place is noted. */
  async start(): Promise<void> {
    const { sink, cursors, outbox } = this.#options;
    const known = await cursors.get(sink);
    this.#cursor = known ?? (await outbox.lastNumber());
    if (known === undefined) await cursors.set(sink, this.#cursor);
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#options.writer.close().catch(() => {});
    await this.#running;
  }

  status(): SinkStatus {
    return {
      sink: this.#options.sink,
      state: this.#state,
      reason: this.#reason,
      since: this.#since,
      cursor: this.#cursor,
      delivered: this.#delivered,
      failures: this.#failures,
      refused: this.#refused,
    };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const next = this.#options.next(signal);
        const moved = await this.#deliverSome();
        this.#recovered();
        if (!moved) await next;
      } catch (error) {
        if (signal.aborted) return;
        this.#failed(error as Error);
        if (this.#state === 'stopped') return;
        await this.#backOff(error as Error);
      }
    }
  }

  /** One batch; false when there was nothing to do. */
  async #deliverSome(): Promise<boolean> {
    const { sink, delivery, writer, outbox, cursors, wants } = this.#options;
    const visible = delivery === 'exactlyOnce' ? await outbox.coveredNumber() : Infinity;
    const rows = (await outbox.readAfter(this.#cursor, writer.batch)).filter(({ number }) => number <= visible);
    const last = rows.at(-1)?.number;
    if (last === undefined) return false;
    const wanted: OutboxRow[] = [];
    for (const row of rows) if (!row.alert.shadow && (await wants(row))) wanted.push(row);
    if (delivery === 'atMostOnce') await cursors.set(sink, last);
    if (wanted.length > 0) await this.#write(wanted, last);
    failpoint('sink-delivered');
    if (delivery !== 'atMostOnce') await cursors.set(sink, last);
    this.#cursor = last;
    return true;
  }

  /** At most once means: what fails is not tried again. */
  async #write(rows: readonly OutboxRow[], upTo: number): Promise<void> {
    const { writer, delivery, log, sink } = this.#options;
    try {
      await writer.write(rows, upTo);
      this.#delivered += rows.length;
    } catch (error) {
      const refused = error instanceof DeliveryError && error.more.refused === true;
      if (!refused && delivery !== 'atMostOnce') throw error;
      this.#refused += rows.length;
      log('error', `sink ${sink} did not take ${rows.length} alerts: ${(error as Error).message}`, {
        ids: rows.map(({ alert }) => alert.id),
      });
    }
  }

  #failed(error: Error): void {
    const state = error instanceof DeliveryError && error.more.stopped === true ? 'stopped' : 'failing';
    this.#failures++;
    if (this.#state !== state) {
      this.#since = Date.now();
      const { log, sink } = this.#options;
      if (state === 'stopped') log('error', `sink ${sink} is stopped: ${error.message}`);
      else log('warn', `sink ${sink} fails: ${error.message}`);
    }
    this.#state = state;
    this.#reason = error.message;
  }

  #recovered(): void {
    this.#backoff = MIN_BACKOFF_MS;
    if (this.#state === 'delivering') return;
    this.#state = 'delivering';
    this.#reason = null;
    this.#since = Date.now();
    this.#options.log('info', `sink ${this.#options.sink} delivers again`);
  }

  /** Exponential with full jitter, at least as long as the target asked for. */
  async #backOff(error: Error): Promise<void> {
    const asked = error instanceof DeliveryError ? (error.more.retryAfterMs ?? 0) : 0;
    const wait = Math.max(asked, MIN_BACKOFF_MS / 2 + Math.random() * this.#backoff);
    this.#backoff = Math.min(this.#backoff * 2, MAX_BACKOFF_MS);
    await delay(wait, undefined, { signal: this.#stop.signal }).catch(() => {});
  }
}
