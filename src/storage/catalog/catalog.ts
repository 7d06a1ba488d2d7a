import type { EntityManager } from 'typeorm';
import type { Catalog, CatalogRule, CatalogStream } from '../../runtime/ports/stores.js';
import type { Database } from '../database.js';
import { StorageError } from '../errors.js';
import { fromJsonBytes, toJsonBytes } from '../sql/text.js';
import { RuleRow, RuleVersionRow, StreamRow, StreamVersionRow } from './entities.js';

export interface StoredRule {
  readonly rule: CatalogRule;
  /** There was none of this id, or a retired one. */
  readonly created: boolean;
  /** False when the document was the current version's already: no new version then. */
  readonly changed: boolean;
}

export interface StoredStream {
  readonly stream: CatalogStream;
  readonly created: boolean;
  readonly changed: boolean;
}

/** Rules and streams as users want them. Versions are never changed or reused, also not after deletion. */
export class PostgresCatalog implements Catalog {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  get #manager(): EntityManager {
    return this.#database.source.manager;
  }

  /** All rules at their current version, retired ones included, by id. */
  async rules(): Promise<readonly CatalogRule[]> {
    const [rules, versions] = await Promise.all([
      this.#manager.find(RuleRow, { order: { id: 'ASC' } }),
      this.#manager
        .createQueryBuilder(RuleVersionRow, 'v')
        .innerJoin(RuleRow, 'r', 'r.id = v.rule AND r.currentVersion = v.version')
        .getMany(),
    ]);
    const byId = new Map(versions.map((version) => [version.rule, version]));
    // A rule stored between the two queries is in the next answer.
    return rules.flatMap((rule) => (byId.has(rule.id) ? [asRule(rule, byId.get(rule.id)!)] : []));
  }

  async rule(id: string, version: number): Promise<CatalogRule | undefined> {
    const [rule, row] = await Promise.all([
      this.#manager.findOneBy(RuleRow, { id }),
      this.#manager.findOneBy(RuleVersionRow, { rule: id, version }),
    ]);
    return rule && row ? asRule(rule, row) : undefined;
  }

  /** The rule at its current version, retired or not. */
  async currentRule(id: string): Promise<CatalogRule | undefined> {
    const rule = await this.#manager.findOneBy(RuleRow, { id });
    return rule ? this.rule(id, rule.currentVersion) : undefined;
  }

  /** All versions of a rule, newest first. */
  async listVersions(id: string): Promise<readonly CatalogRule[]> {
    const rule = await this.#manager.findOneBy(RuleRow, { id });
    if (!rule) return [];
    const versions = await this.#manager.find(RuleVersionRow, { where: { rule: id }, order: { version: 'DESC' } });
    return versions.map((version) => asRule(rule, version));
  }

  /** Stores a rule that must not exist. Throws StorageError `rule-exists`. */
  async createRule(id: string, document: unknown, status: CatalogRule['status']): Promise<CatalogRule> {
    const stored = await this.#putRule(id, document, status, true);
    return stored.rule;
  }

  /** Stores a rule or its next version; an unchanged document keeps its version, the status is set in any case. */
  putRuleVersion(id: string, document: unknown, status: CatalogRule['status']): Promise<StoredRule> {
    return this.#putRule(id, document, status, false);
  }

  async setRuleStatus(id: string, status: CatalogRule['status']): Promise<void> {
    await this.#manager.update(RuleRow, { id }, { status, updatedAt: Date.now() });
  }

  /** The id may be used again; versions count on. */
  retireRule(id: string): Promise<void> {
    return this.setRuleStatus(id, 'retired');
  }

  async streams(): Promise<readonly CatalogStream[]> {
    const [streams, versions] = await Promise.all([
      this.#manager.find(StreamRow, { order: { name: 'ASC' } }),
      this.#manager
        .createQueryBuilder(StreamVersionRow, 'v')
        .innerJoin(StreamRow, 's', 's.name = v.stream AND s.currentVersion = v.version')
        .getMany(),
    ]);
    const byName = new Map(versions.map((version) => [version.stream, version]));
    return streams.flatMap((stream) => (byName.has(stream.name) ? [asStream(stream, byName.get(stream.name)!)] : []));
  }

  async stream(name: string, version: number): Promise<CatalogStream | undefined> {
    const [stream, row] = await Promise.all([
      this.#manager.findOneBy(StreamRow, { name }),
      this.#manager.findOneBy(StreamVersionRow, { stream: name, version }),
    ]);
    return stream && row ? asStream(stream, row) : undefined;
  }

  /** The stream at its current version, deleted or not. */
  async currentStream(name: string): Promise<CatalogStream | undefined> {
    const stream = await this.#manager.findOneBy(StreamRow, { name });
    return stream ? this.stream(name, stream.currentVersion) : undefined;
  }

  /** Stores a stream or its next version; an unchanged document keeps its version. */
  putStream(name: string, document: unknown): Promise<StoredStream> {
    return this.#database.source.transaction(async (manager) => {
      const bytes = toJsonBytes(document);
      const now = Date.now();
      await manager
        .createQueryBuilder()
        .insert()
        .into(StreamRow)
        .values({ name, currentVersion: 0, deleted: true, updatedAt: now })
        .orIgnore()
        .execute();
      const stream = await manager.findOneOrFail(StreamRow, { where: { name }, lock: { mode: 'pessimistic_write' } });
      const current = await manager.findOneBy(StreamVersionRow, { stream: name, version: stream.currentVersion });
      const created = stream.deleted;
      if (!created && current?.document.equals(bytes)) return { stream: asStream(stream, current), created, changed: false };
      const version = manager.create(StreamVersionRow, {
        stream: name,
        version: stream.currentVersion + 1,
        document: bytes,
        createdAt: now,
      });
      Object.assign(stream, { currentVersion: version.version, deleted: false, updatedAt: now });
      await manager.insert(StreamVersionRow, version);
      await manager.save(stream);
      return { stream: asStream(stream, version), created, changed: true };
    });
  }

  async deleteStream(name: string): Promise<void> {
    await this.#manager.update(StreamRow, { name }, { deleted: true, updatedAt: Date.now() });
  }

  #putRule(id: string, document: unknown, status: CatalogRule['status'], mustBeNew: boolean): Promise<StoredRule> {
    return this.#database.source.transaction(async (manager) => {
      const bytes = toJsonBytes(document);
      const now = Date.now();
      await manager
        .createQueryBuilder()
        .insert()
        .into(RuleRow)
        .values({ id, currentVersion: 0, status: 'retired', updatedAt: now })
        .orIgnore()
        .execute();
      const rule = await manager.findOneOrFail(RuleRow, { where: { id }, lock: { mode: 'pessimistic_write' } });
      const created = rule.status === 'retired';
      if (mustBeNew && !created) throw new StorageError('rule-exists', `a rule "${id}" exists: PUT stores its next version`);
      const current = await manager.findOneBy(RuleVersionRow, { rule: id, version: rule.currentVersion });
      const changed = created || !current?.document.equals(bytes);
      const version = changed
        ? manager.create(RuleVersionRow, { rule: id, version: rule.currentVersion + 1, document: bytes, createdAt: now })
        : current!;
      Object.assign(rule, { currentVersion: version.version, status, updatedAt: now });
      if (changed) await manager.insert(RuleVersionRow, version);
      await manager.save(rule);
      return { rule: asRule(rule, version), created, changed };
    });
  }
}

function asRule(rule: RuleRow, version: RuleVersionRow): CatalogRule {
  return {
    id: rule.id,
    version: version.version,
    status: rule.status,
    document: fromJsonBytes(version.document),
    createdAt: version.createdAt,
  };
}

function asStream(stream: StreamRow, version: StreamVersionRow): CatalogStream {
  return { name: stream.name, version: version.version, document: fromJsonBytes(version.document), deleted: stream.deleted };
}
