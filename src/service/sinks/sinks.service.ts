import { Inject, Injectable } from '@nestjs/common';
import { readSink, type SinkDefinition, withoutSecrets } from '../../connectors/sink-document.js';
import { isPrivateHost } from '../../connectors/webhook/private-networks.js';
import { type Problem, shown } from '../../engine/problem/problem.js';
import { parseDocument, readRule, STORED } from '../../engine/rule/index.js';
import type { SinkStatus } from '../../runtime/sinks/sink-pump.js';
import type { Author } from '../../storage/access/audit-log.js';
import type { PostgresCatalog } from '../../storage/catalog/catalog.js';
import { DomainError, invalid } from '../errors/domain-error.js';
import type { PostedDocument } from '../http/body.js';
import { ChangeLock } from '../http/change-lock.js';
import type { Settings } from '../settings/settings.js';
import { unparseable } from '../streams/streams.service.js';
import { foreignTopic } from '../tenants/tenant-settings.js';
import { CATALOG, SETTINGS, SINKS, TENANT } from '../tokens.js';
import type { Sinks } from './sinks.js';

export interface SinkView {
  readonly name: string;
  /** As put, secrets hidden. */
  readonly sink: unknown;
  /** Absent while the sink cannot be served: a Kafka sink without brokers. */
  readonly status?: SinkStatus;
}

/** Sinks as they are wanted: stored, and run by a pump each. */
@Injectable()
export class SinksService {
  constructor(
    @Inject(SINKS) private readonly sinks: Sinks,
    @Inject(CATALOG) private readonly catalog: PostgresCatalog,
    @Inject(TENANT) private readonly tenant: string | null,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(ChangeLock) private readonly changes: ChangeLock,
  ) {}

  async list(): Promise<readonly SinkView[]> {
    return (await this.sinks.repository.list()).map(({ name, document }) => this.#view(name, document));
  }

  async get(name: string): Promise<SinkView> {
    return this.#view(name, (await this.#stored(name)).document);
  }

  /** Makes or changes a sink; a changed one goes on where it was. */
  put(name: string, posted: PostedDocument, by: Author): Promise<{ view: SinkView; created: boolean }> {
    const parsed = parseDocument(posted.text, posted.format, this.settings);
    if (parsed.problems.length > 0) throw unparseable(parsed.problems);
    const { sink, problems } = readSink(parsed.value, name);
    const all = [...problems, ...(sink === undefined ? [] : this.#unserved(sink))].map(parsed.locate);
    if (sink === undefined || all.length > 0) throw invalid('invalid-sink', `the sink document has ${all.length} problem(s)`, all);
    return this.changes.run(async () => {
      const created = await this.sinks.repository.put(name, parsed.value, withoutSecrets(parsed.value), by);
      await this.sinks.run(sink);
      return { view: this.#view(name, parsed.value), created };
    });
  }

  delete(name: string, by: Author): Promise<void> {
    return this.changes.run(async () => {
      await this.#stored(name);
      await this.#refuseInUse(name);
      await this.sinks.forget(name);
      await this.sinks.repository.delete(name, by);
    });
  }

  /** What this service may not, or cannot, deliver to. */
  #unserved({ target }: SinkDefinition): Problem[] {
    const foreign = target.kind === 'kafka' ? foreignTopic(this.tenant, target.topic) : undefined;
    if (foreign !== undefined) return [{ code: 'foreign-topic', message: foreign, pointer: '/kafka/topic' }];
    if (target.kind === 'kafka')
      return this.sinks.hasKafka ? [] : [{ code: 'kafka-unavailable', message: 'no brokers are set: KAFKA_BROKERS', pointer: '/kafka' }];
    if (this.settings.webhookPrivate === 'on' || !isPrivateHost(new URL(target.url))) return [];
    const message = '`url` leads into a private network: TRIPLINE_WEBHOOK_PRIVATE allows it';
    return [{ code: 'private-address', message, pointer: '/webhook/url', found: shown(target.url), expected: 'a public address' }];
  }

  async #refuseInUse(name: string): Promise<void> {
    const rules = (await this.catalog.rules()).filter(
      ({ status, document }) => status !== 'retired' && readRule(document, STORED).rule?.alert.to?.includes(name),
    );
    const ids = rules.map(({ id }) => id);
    if (ids.length > 0)
      throw new DomainError('conflict', 'sink-in-use', `sink ${name} is named by ${ids.join(', ')}`, { members: { rules: ids } });
  }

  async #stored(name: string) {
    const found = (await this.sinks.repository.list()).find((stored) => stored.name === name);
    if (found === undefined)
      throw new DomainError('not-found', 'sink-not-found', `there is no sink ${name}: PUT /v1/sinks/${name} makes one`);
    return found;
  }

  #view(name: string, document: unknown): SinkView {
    return { name, sink: withoutSecrets(document), status: this.sinks.status(name) };
  }
}
