import { createHmac } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { DeliveryError, type SinkWriter } from '../../runtime/ports/sinks.js';
import type { OutboxRow } from '../../runtime/ports/stores.js';
import { bodyOf, type Template } from './bodies.js';
import { isPrivateHost, publicLookup } from './private-networks.js';

export interface WebhookOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Signs requests when given. */
  readonly secret?: string;
  readonly template: Template;
  /** PagerDuty's. */
  readonly routingKey?: string;
  /** For the whole exchange, ms. */
  readonly timeoutMs: number;
  readonly allowPrivate: boolean;
}

/** Status codes by which a target says that this very alert will never do. */
const REFUSALS = new Set([400, 413, 414, 415, 422]);
const MAX_RETRY_AFTER_MS = 3_600_000;

/** One POST per alert, one at a time. Redirects are not followed. */
export class WebhookSink implements SinkWriter {
  readonly batch = 1;
  readonly #closing = new AbortController();

  constructor(readonly options: WebhookOptions) {}

  async write(rows: readonly OutboxRow[]): Promise<void> {
    for (const row of rows) await this.#post(row);
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }

  async #post(row: OutboxRow): Promise<void> {
    const { template, routingKey, secret, headers } = this.options;
    const body = bodyOf(row, template, routingKey);
    const own: Record<string, string> = {
      'content-type': 'application/json',
      'user-agent': 'tripline',
      'tripline-alert-id': row.alert.id,
      ...(secret === undefined ? {} : { 'tripline-signature': signature(secret, body, Math.floor(Date.now() / 1000)) }),
    };
    const { statusCode = 0, headers: answered } = await this.#send(body, { ...headers, ...own });
    if (statusCode >= 200 && statusCode < 300) return;
    const message = `${new URL(this.options.url).host} answered ${statusCode}`;
    throw new DeliveryError(message, { refused: REFUSALS.has(statusCode), retryAfterMs: retryAfter(answered['retry-after']) });
  }

  #send(body: string, headers: Record<string, string>): Promise<IncomingMessage> {
    const url = new URL(this.options.url);
    if (!this.options.allowPrivate && isPrivateHost(url))
      return Promise.reject(new DeliveryError(`${url.hostname} is in a private network: TRIPLINE_WEBHOOK_PRIVATE allows them`));
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(this.options.timeoutMs)]);
    const lookup = this.options.allowPrivate ? undefined : publicLookup;
    return new Promise((resolve, reject) => {
      const sent = request(url, { method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(body) }, signal, lookup });
      sent.on('error', reject);
      sent.on('response', (response) => {
        // What the target says beyond the status is of no use; reading it frees the connection.
        response.resume();
        response.on('end', () => resolve(response));
        response.on('error', reject);
      });
      sent.end(body);
    });
  }
}

/** `t=<seconds>,v1=<HMAC-SHA256 of "seconds.body" in hex>`: the receiver refuses old times, so nothing can be replayed. */
export function signature(secret: string, body: string, seconds: number): string {
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${mac}`;
}

/** Seconds or an HTTP date (RFC 9110), in ms from now. */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS) : undefined;
}
