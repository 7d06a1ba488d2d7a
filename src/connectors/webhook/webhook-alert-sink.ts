import type { SinkWriter } from '../../runtime/ports/sinks.js';
import type { OutboxRow } from '../../runtime/ports/stores.js';
import { bodyOf, type Template } from './bodies.js';
import { WebhookClient, type WebhookClientOptions } from './webhook-client.js';

export interface WebhookOptions extends WebhookClientOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly template: Template;
  /** PagerDuty's. */
  readonly routingKey?: string;
}

/** One POST per alert, one at a time. */
export class WebhookAlertSink implements SinkWriter {
  readonly batch = 1;
  readonly #client: WebhookClient;

  constructor(readonly options: WebhookOptions) {
    this.#client = new WebhookClient(options);
  }

  async write(rows: readonly OutboxRow[]): Promise<void> {
    const { template, routingKey, headers } = this.options;
    for (const row of rows) {
      await this.#client.post(bodyOf(row, template, routingKey), { ...headers, 'tripline-alert-id': row.alert.id });
    }
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}
