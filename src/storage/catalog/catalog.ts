import type { Catalog, CatalogRule, CatalogStream } from '../../runtime/ports/stores.js';
import type { Author } from '../access/audit-log.js';
import type { Database } from '../database.js';
import { StorageError } from '../errors.js';
import { fromJsonBytes } from '../sql/text.js';
import { RuleRow, RuleVersionRow, StreamRow, StreamVersionRow } from './entities.js';
import { type Found, VersionedDocuments } from './versioned-documents.js';

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
  readonly #rules: VersionedDocuments<RuleRow>;
  readonly #streams: VersionedDocuments<StreamRow>;

  constructor({ source }: Database) {
    this.#rules = new VersionedDocuments(source, 'rule', RuleRow, RuleVersionRow, {
      columns: { status: 'retired' },
      is: ({ status }) => status === 'retired',
    });
    this.#streams = new VersionedDocuments(source, 'stream', StreamRow, StreamVersionRow, {
      columns: { deleted: true },
      is: ({ deleted }) => deleted,
    });
  }

  /** All rules at their current version, retired ones included, by id. */
  async rules(): Promise<readonly CatalogRule[]> {
    return (await this.#rules.all()).map(asRule);
  }

  async rule(id: string, version: number): Promise<CatalogRule | undefined> {
    const found = await this.#rules.find(id, version);
    return found && asRule(found);
  }

  /** The rule at its current version, retired or not. */
  async currentRule(id: string): Promise<CatalogRule | undefined> {
    const found = await this.#rules.find(id);
    return found && asRule(found);
  }

  /** All versions of a rule, newest first. */
  async listVersions(id: string): Promise<readonly CatalogRule[]> {
    return (await this.#rules.history(id)).map(asRule);
  }

  /** Stores a rule that must not exist. Throws StorageError `rule-exists`. */
  async createRule(id: string, document: unknown, status: CatalogRule['status'], by: Author): Promise<CatalogRule> {
    const stored = await this.#rules.put(id, document, { status }, by, () => {
      throw new StorageError('rule-exists', `a rule "${id}" exists: PUT stores its next version`);
    });
    return asRule(stored);
  }

  /** Stores a rule or its next version; an unchanged document keeps its version, status and file are set in any case. */
  async putRuleVersion(id: string, document: unknown, status: CatalogRule['status'], by: Author): Promise<StoredRule> {
    const stored = await this.#rules.put(id, document, { status, file: fileOf(by) }, by);
    return { rule: asRule(stored), created: stored.created, changed: stored.changed };
  }

  setRuleStatus(id: string, status: CatalogRule['status'], by: Author): Promise<void> {
    return this.#rules.update(id, { status }, by, 'status', { status });
  }

  /** The id may be used again; versions count on. */
  retireRule(id: string, by: Author): Promise<void> {
    return this.#rules.update(id, { status: 'retired', file: null }, by, 'retired');
  }

  async streams(): Promise<readonly CatalogStream[]> {
    return (await this.#streams.all()).map(asStream);
  }

  async stream(name: string, version: number): Promise<CatalogStream | undefined> {
    const found = await this.#streams.find(name, version);
    return found && asStream(found);
  }

  /** The stream at its current version, deleted or not. */
  async currentStream(name: string): Promise<CatalogStream | undefined> {
    const found = await this.#streams.find(name);
    return found && asStream(found);
  }

  /** Stores a stream or its next version; an unchanged document keeps its version, the file is set in any case. */
  async putStream(name: string, document: unknown, by: Author): Promise<StoredStream> {
    const stored = await this.#streams.put(name, document, { deleted: false, file: fileOf(by) }, by);
    return { stream: asStream(stored), created: stored.created, changed: stored.changed };
  }

  deleteStream(name: string, by: Author): Promise<void> {
    return this.#streams.update(name, { deleted: true, file: null }, by, 'deleted');
  }
}

/** The file that keeps what this author puts. */
function fileOf({ kind, name }: Author): string | null {
  return kind === 'file' ? name : null;
}

function asRule({ head, version }: Found<RuleRow>): CatalogRule {
  return {
    id: head.id,
    version: version.version,
    status: head.status,
    file: head.file,
    document: fromJsonBytes(version.document),
    createdAt: version.createdAt,
  };
}

function asStream({ head, version }: Found<StreamRow>): CatalogStream {
  return { name: head.id, version: version.version, document: fromJsonBytes(version.document), deleted: head.deleted, file: head.file };
}
