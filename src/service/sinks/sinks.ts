import { type SinkDefinition, readSink } from '../../connectors/sink-document.js';
import type { KafkaSettings } from '../../connectors/kafka/connection.js';
import { ExactlyOnceAlertSink } from '../../connectors/kafka/exactly-once-alert-sink.js';
import { KafkaAlertSink } from '../../connectors/kafka/kafka-alert-sink.js';
import { WebhookAlertSink } from '../../connectors/webhook/webhook-alert-sink.js';
import { readRule, STORED } from '../../engine/rule/index.js';
import type { Outbox, SinkCursors, SinkWriter } from '../../runtime/ports/sinks.js';
import type { Catalog, OutboxRow } from '../../runtime/ports/stores.js';
import { SinkPump, type SinkPumpOptions, type SinkStatus } from '../../runtime/sinks/sink-pump.js';
import type { SinkRepository } from '../../storage/catalog/sinks.js';

/** The only one of a local job. */
const SHARD = 0;

export interface SinksOptions {
  readonly repository: SinkRepository;
  readonly catalog: Catalog;
  readonly outbox: Outbox;
  readonly cursors: SinkCursors;
  /** Alerts that nobody is to be told of for a while. */
  readonly snoozed: (row: OutboxRow) => boolean;
  readonly kafka: KafkaSettings | undefined;
  /** Names this service among all that write to the same Kafka. */
  readonly deployment: string;
  readonly allowPrivate: boolean;
  readonly next: SinkPumpOptions['next'];
  readonly log: SinkPumpOptions['log'];
}

/** All sinks, each with a pump of its own. */
export class Sinks {
  readonly #options: SinksOptions;
  readonly #known = new Set<string>();
  readonly #pumps = new Map<string, SinkPump>();
  /** `alert.to` of rule versions, which never change. */
  readonly #targets = new Map<string, readonly string[] | undefined>();

  constructor(options: SinksOptions) {
    this.#options = options;
  }

  get repository(): SinkRepository {
    return this.#options.repository;
  }

  /** Whether a sink of this kind can be served here. */
  get hasKafka(): boolean {
    return this.#options.kafka !== undefined;
  }

  /** Those that cannot be served at present too. */
  get names(): readonly string[] {
    return [...this.#known];
  }

  status(name: string): SinkStatus | undefined {
    return this.#pumps.get(name)?.status();
  }

  statuses(): SinkStatus[] {
    return [...this.#pumps.values()].map((pump) => pump.status());
  }

  /** Starts what is stored. A Kafka sink without brokers keeps its place and does not deliver. */
  async start(): Promise<void> {
    for (const { name, document } of await this.#options.repository.list()) {
      this.#known.add(name);
      const { sink } = readSink(document, name);
      if (sink === undefined) this.#options.log('error', `sink ${name} cannot be read`);
      else if (sink.target.kind === 'kafka' && !this.hasKafka) this.#options.log('error', `sink ${name} needs KAFKA_BROKERS`);
      else await this.run(sink);
    }
  }

  /** Starts a sink, or goes on with it as it is wanted now. */
  async run(sink: SinkDefinition): Promise<void> {
    await this.stop(sink.name);
    const { outbox, cursors, next, log } = this.#options;
    const wants = (row: OutboxRow) => this.#wants(sink.name, row);
    const writer = await this.#writer(sink);
    const pump = new SinkPump({ sink: sink.name, delivery: sink.delivery, writer, outbox, cursors, wants, next, log });
    await pump.start();
    this.#pumps.set(sink.name, pump);
    this.#known.add(sink.name);
  }

  async stop(name: string): Promise<void> {
    const pump = this.#pumps.get(name);
    this.#pumps.delete(name);
    await pump?.stop();
  }

  async forget(name: string): Promise<void> {
    this.#known.delete(name);
    await this.stop(name);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pumps.keys()].map((name) => this.stop(name)));
  }

  async #writer({ name, target, delivery }: SinkDefinition): Promise<SinkWriter> {
    const { kafka, allowPrivate, deployment, outbox } = this.#options;
    if (target.kind === 'webhook') return new WebhookAlertSink({ ...target, allowPrivate });
    if (kafka === undefined) throw new Error('no Kafka brokers are set');
    if (delivery === 'exactlyOnce') {
      const begun = { incarnation: await outbox.incarnation(), lastNumber: await outbox.lastNumber() };
      return new ExactlyOnceAlertSink(kafka, target.topic, `${deployment}/${name}/${SHARD}`, begun);
    }
    return new KafkaAlertSink(kafka, target.topic);
  }

  async #wants(sink: string, row: OutboxRow): Promise<boolean> {
    if (this.#options.snoozed(row)) return false;
    const { rule, ruleVersion } = row.alert;
    const version = `${rule}@${ruleVersion}`;
    if (!this.#targets.has(version)) {
      const stored = await this.#options.catalog.rule(rule, ruleVersion);
      this.#targets.set(version, readRule(stored?.document, STORED).rule?.alert.to);
    }
    return this.#targets.get(version)?.includes(sink) ?? true;
  }
}
