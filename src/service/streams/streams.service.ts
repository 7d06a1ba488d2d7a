import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import type { HttpIngester } from '../../connectors/http/ingester.js';
import type { KafkaSources } from '../../connectors/kafka/kafka-sources.js';
import { pointerTo, type Problem, shown } from '../../engine/problem/problem.js';
import type { StreamDefinition } from '../../engine/rule/definition.js';
import { readRule, readStream, readStreamDocument, STORED } from '../../engine/rule/index.js';
import { type JobControl, StreamBehindError } from '../../runtime/ports/job-control.js';
import type { CatalogStream, EventLog } from '../../runtime/ports/stores.js';
import type { Author } from '../../storage/access/audit-log.js';
import type { PostgresCatalog } from '../../storage/catalog/catalog.js';
import { DomainError, invalid } from '../errors/domain-error.js';
import { refuseFileOwned } from '../files/file-owned.js';
import type { PostedDocument } from '../http/body.js';
import { ChangeLock } from '../http/change-lock.js';
import type { Settings } from '../settings/settings.js';
import { foreignTopic } from '../tenants/tenant-settings.js';
import { CATALOG, EVENT_LOG, INGESTER, JOB, KAFKA, SETTINGS, TENANT } from '../tokens.js';

export interface StreamView {
  readonly name: string;
  readonly version: number;
  /** The file that keeps it; null when it came over the API. */
  readonly file: string | null;
  /** As put. */
  readonly stream: unknown;
}

/** Streams as they are wanted: kept in the catalog, applied by the job, known here by name for every event. */
@Injectable()
export class StreamsService {
  readonly #definitions = new Map<string, StreamDefinition>();

  constructor(
    @Inject(CATALOG) private readonly catalog: PostgresCatalog,
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(KAFKA) private readonly kafka: KafkaSources | null,
    @Inject(JOB) private readonly job: JobControl,
    @Inject(INGESTER) private readonly ingester: HttpIngester,
    @Inject(TENANT) private readonly tenant: string | null,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(ChangeLock) private readonly changes: ChangeLock,
  ) {}

  /** Reads the catalog once at start. */
  async onModuleInit(): Promise<void> {
    for (const { name, document, deleted } of await this.catalog.streams()) {
      const { stream } = readStream(document, STORED);
      if (stream !== undefined && !deleted) this.#definitions.set(name, stream);
    }
  }

  /** Throws DomainError when there is no such stream. */
  definition(name: string): StreamDefinition {
    const found = this.#definitions.get(name);
    if (found === undefined)
      throw new DomainError('not-found', 'stream-not-found', `there is no stream ${name}: PUT /v1/streams/${name} makes one`);
    return found;
  }

  /** For readers of rules. */
  readonly find = (name: string): StreamDefinition | undefined => this.#definitions.get(name);

  get names(): readonly string[] {
    return [...this.#definitions.keys()];
  }

  async list(): Promise<readonly StreamView[]> {
    return (await this.catalog.streams()).filter((stream) => !stream.deleted).map(asView);
  }

  async get(name: string): Promise<StreamView> {
    this.definition(name);
    return asView((await this.catalog.currentStream(name))!);
  }

  /** Makes or changes a stream. Resolves once its journal entry is committed. */
  put(name: string, posted: PostedDocument, by: Author): Promise<{ view: StreamView; created: boolean; warnings: readonly Problem[] }> {
    const read = readStreamDocument(posted.text, { format: posted.format, limits: this.settings, name });
    if (read.document === undefined) throw unparseable(read.problems);
    if (read.stream === undefined)
      throw invalid('invalid-stream', `the stream document has ${read.problems.length} problem(s)`, read.problems);
    const { stream, warnings } = read;
    const document = { name, ...(read.document as object) };
    return this.changes.run(async () => {
      if (by.kind !== 'file') await this.#refuseFileOwned(name);
      await this.#checkChange(stream);
      await this.#prepareSource(stream);
      const stored = await this.catalog.putStream(name, document, by);
      if (stream.source.kind === 'kafka') this.kafka?.ensure(stream);
      if (stored.created) this.ingester.forget(name);
      // Also when nothing changed: an earlier try may have stored it and then failed.
      if (!this.#runs(stored.stream)) await this.job.streamChanged(name, stored.stream.version);
      this.#definitions.set(name, stream);
      return { view: asView(stored.stream), created: stored.created, warnings };
    });
  }

  /** Throws DomainError `stream-in-use` while rules read it. */
  delete(name: string, by: Author): Promise<void> {
    return this.changes.run(async () => {
      const definition = this.definition(name);
      if (by.kind !== 'file') await this.#refuseFileOwned(name);
      const users = (await this.#rulesOf(name)).map(({ id }) => id);
      if (users.length > 0) {
        throw new DomainError('conflict', 'stream-in-use', `stream ${name} is read by ${users.join(', ')}`, { members: { rules: users } });
      }
      await this.job.streamDeleted(name);
      await this.catalog.deleteStream(name, by);
      this.#definitions.delete(name);
      if (definition.source.kind === 'kafka') await this.kafka?.drop(name);
      else await this.log.dropStream(name);
      this.ingester.forget(name);
    });
  }

  /** Resolves with the stream's watermark. Throws DomainError for a time far in the future, or when the stream is behind. */
  async assertWatermark(name: string, time: number): Promise<number> {
    this.definition(name);
    const { farFutureMs } = this.settings;
    const now = Date.now();
    if (time > now + farFutureMs) {
      const message = `the time ${time} is more than ${farFutureMs} ms after now`;
      const expected = `at most ${now + farFutureMs}`;
      throw invalid('far-future', message, [{ code: 'far-future', message, pointer: '/time', found: shown(time), expected }]);
    }
    try {
      return await this.job.assertWatermark(name, time);
    } catch (error) {
      if (!(error instanceof StreamBehindError)) throw error;
      throw new DomainError('unavailable', 'stream-behind', `${error.message}; nothing was asserted`, { retryAfter: 1 });
    }
  }

  #runs({ name, version }: CatalogStream): boolean {
    return this.job.status().streams.some((running) => running.stream === name && running.version === version);
  }

  /** Before the stream is stored: whatever is stored can be read after a crash. */
  async #prepareSource({ name, source }: StreamDefinition): Promise<void> {
    if (source.kind === 'kafka') return;
    // What a deletion left behind that a crash cut off is not for the new stream.
    if (!this.#definitions.has(name)) await this.log.dropStream(name);
    await this.log.ensureStream(name, source.partitions);
  }

  async #refuseFileOwned(name: string): Promise<void> {
    refuseFileOwned(`stream ${name}`, (await this.catalog.currentStream(name))?.file, this.settings);
  }

  async #rulesOf(stream: string) {
    const rules = await this.catalog.rules();
    return rules.filter(({ status, document }) => status !== 'retired' && readRule(document, STORED).rule?.from.includes(stream));
  }

  /** The topic must be there, so that its partitions are known from the first event on. Throws DomainError when no broker answers. */
  async #checkTopic(topic: string): Promise<Problem[]> {
    const pointer = '/source/kafka/topic';
    const foreign = foreignTopic(this.tenant, topic);
    if (foreign !== undefined) return [{ code: 'foreign-topic', message: foreign, pointer, found: shown(topic) }];
    if (this.kafka === null) return [{ code: 'kafka-unavailable', message: 'no brokers are set: KAFKA_BROKERS', pointer: '/source/kafka' }];
    const missing = await this.kafka.missing(topic);
    if (missing instanceof Error) {
      throw new DomainError('unavailable', 'kafka-unreachable', `Kafka does not answer: ${missing.message}`, { retryAfter: 5 });
    }
    return missing ? [{ code: 'unknown-topic', message: `there is no topic \`${topic}\``, pointer, found: shown(topic) }] : [];
  }

  /** What rules rely on must hold after the change too. */
  async #checkChange(next: StreamDefinition): Promise<void> {
    const problems: Problem[] = [];
    const before = this.#definitions.get(next.name);
    if (before !== undefined && !sameSource(before.source, next.source)) {
      problems.push({ code: 'source-changed', message: "a stream's source cannot change: delete the stream first", pointer: '/source' });
    }
    if (before === undefined && next.source.kind === 'kafka') problems.push(...(await this.#checkTopic(next.source.topic)));
    if (before !== undefined && partitionsOf(next) < partitionsOf(before)) {
      const message = `a stream's partitions cannot become fewer (${partitionsOf(before)} now)`;
      problems.push({ code: 'fewer-partitions', message, pointer: '/source/http/partitions' });
    }
    for (const { id, document } of before === undefined ? [] : await this.#rulesOf(next.name)) {
      const streams = (name: string) => (name === next.name ? next : this.find(name));
      for (const problem of readRule(document, { ...STORED, streams }).problems) {
        problems.push({ ...problem, message: `rule ${id}: ${problem.message}`, pointer: pointerTo('/fields', id) });
      }
    }
    if (problems.length > 0) throw invalid('invalid-stream', 'the stream cannot be changed so', problems);
  }
}

/** What was read is decided by it, so only the partitions of HTTP may change. */
function sameSource(one: StreamDefinition['source'], other: StreamDefinition['source']): boolean {
  return one.kind === 'http' ? other.kind === 'http' : isDeepStrictEqual(one, other);
}

/** Log partitions of a stream. */
export function partitionsOf({ source }: StreamDefinition): number {
  return source.kind === 'http' ? source.partitions : 1;
}

/** The error for a document that is neither JSON nor YAML, or too much of either. */
export function unparseable(problems: readonly Problem[]): DomainError {
  const tooLarge = problems[0]?.code === 'document-too-large';
  return new DomainError(
    tooLarge ? 'too-large' : 'unparseable',
    problems[0]?.code ?? 'unparseable',
    problems[0]?.message ?? 'the document cannot be read',
    { errors: problems },
  );
}

function asView({ name, version, file, document }: CatalogStream): StreamView {
  return { name, version, file, stream: document };
}
