import type { EntityManager } from 'typeorm';
import type { Database } from '../database.js';
import { fromJsonBytes, storableText, toJsonBytes } from '../sql/text.js';
import { AuditRow } from './entities.js';

/** Who changes something. */
export interface Author {
  /** An API key, a bearer token, anybody (no keys are asked for), a rule file, the command topic, the command line, the service itself. */
  readonly kind: 'key' | 'token' | 'anyone' | 'file' | 'command' | 'terminal' | 'service';
  /** For people: a key's name, a token's subject, a file's path. */
  readonly name: string;
  /** For programs: a stored key's id, a command's id; null where there is none. */
  readonly id: string | null;
}

export interface Change {
  /** Such as `rule-changed`. */
  readonly action: string;
  readonly kind: 'rule' | 'stream' | 'sink' | 'list' | 'key' | 'alert';
  readonly name: string;
  /** Where it has versions: what it says is kept with them. */
  readonly version?: number;
  /** JSON without secrets. */
  readonly detail?: unknown;
}

export interface AuditEntry extends Change {
  readonly id: number;
  /** Epoch ms. */
  readonly at: number;
  readonly author: Author;
}

export interface AuditFilter {
  readonly kind?: string;
  readonly name?: string;
  readonly author?: string;
  /** From, inclusive, epoch ms. */
  readonly since?: number;
  /** Up to, exclusive, epoch ms. */
  readonly until?: number;
  /** Only entries with a lower id: the last id of the page before. */
  readonly cursor?: number;
}

/** Notes a change in the transaction that makes it, so that neither is there without the other. */
export async function noteChange(manager: EntityManager, by: Author, { action, kind, name, version, detail }: Change): Promise<void> {
  await manager.insert(AuditRow, {
    at: Date.now(),
    authorKind: by.kind,
    authorName: storableText(by.name),
    authorId: by.id === null ? null : storableText(by.id),
    action,
    kind,
    name: storableText(name),
    version: version ?? null,
    detail: detail === undefined ? null : toJsonBytes(detail),
  });
}

/** Reads the audit log. */
export class AuditLog {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Newest first. */
  async list(filter: AuditFilter, limit: number): Promise<readonly AuditEntry[]> {
    const query = this.#database.source.manager.createQueryBuilder(AuditRow, 'a').orderBy('a.id', 'DESC').limit(limit);
    const { kind, name, author, since, until, cursor } = filter;
    if (kind !== undefined) query.andWhere('a.kind = :kind', { kind });
    if (name !== undefined) query.andWhere('a.name = :name', { name: storableText(name) });
    if (author !== undefined) query.andWhere('a.authorName = :author', { author: storableText(author) });
    if (since !== undefined) query.andWhere('a.at >= :since', { since });
    if (until !== undefined) query.andWhere('a.at < :until', { until });
    if (cursor !== undefined) query.andWhere('a.id < :cursor', { cursor });
    return (await query.getMany()).map(asEntry);
  }
}

function asEntry(row: AuditRow): AuditEntry {
  return {
    id: Number(row.id),
    at: row.at,
    author: { kind: row.authorKind as Author['kind'], name: row.authorName, id: row.authorId },
    action: row.action,
    kind: row.kind as Change['kind'],
    name: row.name,
    ...(row.version === null ? {} : { version: row.version }),
    ...(row.detail === null ? {} : { detail: fromJsonBytes(row.detail) }),
  };
}
