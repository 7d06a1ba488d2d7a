import { setTimeout as delay } from 'node:timers/promises';
import type { Sink, SinkWriter } from '../../engine/stream/functions/sink.js';
import { DeliveryError } from '../../runtime/ports/sinks.js';
import { retrying } from '../delivery/retrying.js';
import { type Sender, SendingWriter } from '../delivery/sending-writer.js';
import { WebhookClient } from './webhook-client.js';

export interface WebhookSinkOptions<T> {
  readonly url: string;
  /** The request's body; by default the element as JSON. */
  readonly body?: (value: T) => string;
  readonly headers?: (value: T) => Readonly<Record<string, string>>;
  /** Signs requests: `tripline-signature`, as of alerts. */
  readonly secret?: string;
  /** For each request, ms; 10 s unless said otherwise. */
  readonly timeout?: number;
  /** How long a target that fails is tried again before the program fails, ms. */
  readonly deliveryTimeout?: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_DELIVERY_TIMEOUT_MS = 120_000;

interface Request {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Posts elements to an address, one at a time, in order and at least once: those since the last checkpoint come again
 * after a failure. A target that refuses an element for good (400, 413, 414, 415, 422) fails the program.
 */
export class WebhookSink<T> implements Sink<T, never> {
  constructor(private readonly options: WebhookSinkOptions<T>) {}

  createWriter(): SinkWriter<T, never> {
    const { body = JSON.stringify, headers } = this.options;
    const record = (value: T): Request => ({ body: body(value), headers: headers?.(value) ?? {} });
    return new SendingWriter(record, new RequestSender(this.options));
  }
}

class RequestSender implements Sender<Request> {
  readonly #client: WebhookClient;
  readonly #deliveryTimeout: number;

  constructor(options: Omit<WebhookSinkOptions<never>, 'body' | 'headers'>) {
    const { url, secret, timeout = DEFAULT_TIMEOUT_MS, deliveryTimeout = DEFAULT_DELIVERY_TIMEOUT_MS } = options;
    this.#client = new WebhookClient({ url, secret, timeoutMs: timeout, allowPrivate: true });
    this.#deliveryTimeout = deliveryTimeout;
  }

  async send(requests: readonly Request[]): Promise<void> {
    for (const { body, headers } of requests) {
      await retrying(this.#deliveryTimeout, () => this.#client.post(body, headers), asked, isRefusal);
    }
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}

/** At least as long as the target asked for. */
async function asked(error: unknown): Promise<void> {
  if (error instanceof DeliveryError && !isRefusal(error)) await delay(error.more.retryAfterMs ?? 0);
}

function isRefusal(error: unknown): boolean {
  return error instanceof DeliveryError && error.more.refused === true;
}
