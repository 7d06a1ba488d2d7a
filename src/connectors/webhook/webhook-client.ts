import { createHmac } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { DeliveryError } from '../../runtime/ports/sinks.js';
import { isPrivateHost, publicLookup } from './private-networks.js';

export interface WebhookClientOptions {
  readonly url: string;
  /** Signs requests when given. */
  readonly secret?: string;
  /** For the whole exchange, ms. */
  readonly timeoutMs: number;
  readonly allowPrivate: boolean;
}

/** Status codes by which a target says that this very request will never do. */
const REFUSALS = new Set([400, 413, 414, 415, 422]);
const MAX_RETRY_AFTER_MS = 3_600_000;

/** Posts JSON to one address. Redirects are not followed. */
export class WebhookClient {
  readonly #closing = new AbortController();

  constructor(readonly options: WebhookClientOptions) {}

  /** @throws DeliveryError unless the target answers 2xx; the transport's error when it does not answer */
  async post(body: string, headers: Readonly<Record<string, string>>): Promise<void> {
    const { secret, url } = this.options;
    const own: Record<string, string> = {
      'content-type': 'application/json',
      'user-agent': 'tripline',
      ...(secret === undefined ? {} : { 'tripline-signature': signature(secret, body, Math.floor(Date.now() / 1000)) }),
    };
    const { statusCode = 0, headers: answered } = await this.#send(body, { ...headers, ...own });
    if (statusCode >= 200 && statusCode < 300) return;
    const message = `${new URL(url).host} answered ${statusCode}`;
    throw new DeliveryError(message, { refused: REFUSALS.has(statusCode), retryAfterMs: retryAfter(answered['retry-after']) });
  }

  /** Ends what is under way. */
  close(): void {
    this.#closing.abort();
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
