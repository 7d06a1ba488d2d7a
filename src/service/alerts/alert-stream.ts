import type { OutboxRow } from '../../runtime/ports/stores.js';
import { alertJson } from '../../runtime/alerts/alert-json.js';
import { type EventStream, serverSentEvent } from '../http/event-stream.js';

/** Where the stream reads: the outbox by number. */
export interface OutboxReader {
  readAfter(number: number, limit: number): Promise<readonly OutboxRow[]>;
  lastNumber(): Promise<number>;
}

export interface StreamFilter {
  readonly rule?: string;
  /** JSON texts, of which one is the alert's. */
  readonly keys?: readonly string[];
  readonly severity?: string;
  readonly shadow?: boolean;
}

const PAGE = 200;
const HEARTBEAT_MS = 15_000;
/** After a failed read, and at most this long without looking even if no wake-up came. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Sends the outbox to one client, in order, from a number on. Rows are read a page at a time when the client has
 * taken the one before, so a slow client costs no memory; a fast one waits for the wake-up of the next commit.
 */
export async function streamAlerts(
  reader: OutboxReader,
  wakeUps: WakeUps,
  target: EventStream,
  filter: StreamFilter,
  after: number | undefined,
): Promise<void> {
  let number = after ?? (await reader.lastNumber());
  let lastSent = Date.now();
  if (!target.write(`retry: 1000\nid: ${number}\n\n`)) await target.drained();
  while (!target.closed.aborted) {
    const look = wakeUps.next(target.closed, LOOK_AGAIN_MS);
    const rows = await reader.readAfter(number, PAGE).catch(() => []);
    const text = rows
      .filter((row) => passes(row, filter))
      .map((row) => serverSentEvent('alert', alertJson(row), row.number))
      .join('');
    number = rows.at(-1)?.number ?? number;
    const heartbeat = text === '' && Date.now() - lastSent >= HEARTBEAT_MS;
    if (text !== '' || heartbeat) {
      lastSent = Date.now();
      if (!target.write(heartbeat ? ': still here\n\n' : text)) await target.drained();
    }
    if (rows.length < PAGE) await look;
  }
}

function passes({ alert }: OutboxRow, { rule, keys, severity, shadow }: StreamFilter): boolean {
  return (
    (rule === undefined || alert.rule === rule) &&
    (keys === undefined || keys.includes(alert.key)) &&
    (severity === undefined || alert.severity === severity) &&
    (shadow === true || !alert.shadow)
  );
}

/** Tells all waiting streams that new rows were committed. */
export class WakeUps {
  readonly #waiting = new Set<() => void>();
  readonly #closing = new AbortController();

  /** Fires when the service stops: streams end. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  close(): void {
    this.#closing.abort();
  }

  /** Wakes everybody who waits. */
  wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves at the next wake-up, when `closed` fires, or after `timeoutMs`; never rejects. */
  next(closed: AbortSignal, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        closed.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.add(done);
      closed.addEventListener('abort', done);
      if (closed.aborted) done();
    });
  }
}
