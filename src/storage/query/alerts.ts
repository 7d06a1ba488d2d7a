import { MoreThan, type SelectQueryBuilder } from 'typeorm';
import type { OutboxRow } from '../../runtime/ports/stores.js';
import type { Database } from '../database.js';
import { storableText } from '../sql/text.js';
import { AlertRow, CheckpointRow } from './entities.js';

export interface AlertFilter {
  readonly rule?: string;
  /** JSON texts, the way AlertOutput.key holds them: one of these. */
  readonly keys?: readonly string[];
  readonly severity?: string;
  /** detectedAt from, inclusive, epoch ms. */
  readonly since?: number;
  /** detectedAt up to, exclusive, epoch ms. */
  readonly until?: number;
  /** Only alerts with a lower number: the last number of the page before. */
  readonly cursor?: number;
  /** What people have said about it: open unless they have. */
  readonly state?: string;
  /** Shadow alerts are listed only when true. */
  readonly shadow?: boolean;
}

/** Reads the outbox of one shard. */
export class AlertRepository {
  readonly #database: Database;
  readonly #job: string;
  readonly #shard: number;

  constructor(database: Database, job: string, shard: number) {
    this.#database = database;
    this.#job = job;
    this.#shard = shard;
  }

  /** Newest first. */
  async list(filter: AlertFilter, limit: number): Promise<readonly OutboxRow[]> {
    const query = this.#query().orderBy('a.number', 'DESC').limit(limit);
    if (filter.cursor !== undefined) query.andWhere('a.number < :cursor', { cursor: filter.cursor });
    applyFilter(query, filter);
    return (await query.getMany()).map(asOutboxRow);
  }

  async get(id: string): Promise<OutboxRow | undefined> {
    const row = await this.#database.source.manager.findOneBy(AlertRow, { id: storableText(id) });
    return row ? asOutboxRow(row) : undefined;
  }

  /** Rows after an outbox number, oldest first: what a cursor reads. Numbers have no gaps and come in commit order. */
  async readAfter(number: number, limit: number): Promise<readonly OutboxRow[]> {
    const where = { job: this.#job, shard: this.#shard, number: MoreThan(number) };
    const rows = await this.#database.source.manager.find(AlertRow, { where, order: { number: 'ASC' }, take: limit });
    return rows.map(asOutboxRow);
  }

  /** The number of the newest row; 0 when there is none. */
  async lastNumber(): Promise<number> {
    const row = await this.#query().select('max(a.number)', 'last').getRawOne<{ last: string | null }>();
    return Number(row?.last ?? 0);
  }

  /** Up to which number the newest checkpoint covers the rows; 0 before the first. */
  async coveredNumber(): Promise<number> {
    const row = await this.#database.source.manager
      .createQueryBuilder(CheckpointRow, 'c')
      .select('max(c.alert_number)', 'covered')
      .where('c.job = :job AND c.shard = :shard', { job: this.#job, shard: this.#shard })
      .getRawOne<{ covered: string | null }>();
    return Number(row?.covered ?? 0);
  }

  /** Of the numbering; made with it, and so another one in a new database. */
  async incarnation(): Promise<string> {
    const place = [this.#job, this.#shard];
    const { source } = this.#database;
    await source.query('INSERT INTO outbox_position (job, shard, last_number) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING', place);
    const rows: { incarnation: string }[] = await source.query(
      'SELECT incarnation FROM outbox_position WHERE job = $1 AND shard = $2',
      place,
    );
    return rows[0].incarnation;
  }

  #query(): SelectQueryBuilder<AlertRow> {
    return this.#database.source.manager
      .createQueryBuilder(AlertRow, 'a')
      .where('a.job = :job AND a.shard = :shard', { job: this.#job, shard: this.#shard });
  }
}

function applyFilter(query: SelectQueryBuilder<AlertRow>, filter: AlertFilter): void {
  const { rule, keys, severity, since, until, state, shadow } = filter;
  if (rule !== undefined) query.andWhere('a.rule = :rule', { rule: storableText(rule) });
  if (keys !== undefined) {
    const hashes = keys.map((_, index) => `hashtextextended(:key${index}, 0)`).join(', ');
    const texts = Object.fromEntries(keys.map((key, index) => [`key${index}`, storableText(key)]));
    query.andWhere(`hashtextextended(a.key, 0) IN (${hashes}) AND a.key IN (:...keys)`, { ...texts, keys: keys.map(storableText) });
  }
  if (severity !== undefined) query.andWhere('a.severity = :severity', { severity: storableText(severity) });
  if (since !== undefined) query.andWhere('a.detectedAt >= :since', { since });
  if (until !== undefined) query.andWhere('a.detectedAt < :until', { until });
  if (state === 'open') query.andWhere('NOT EXISTS (SELECT FROM alert_state AS s WHERE s.alert = a.id)');
  else if (state !== undefined)
    query.andWhere('EXISTS (SELECT FROM alert_state AS s WHERE s.alert = a.id AND s.state = :state)', { state });
  if (shadow !== true) query.andWhere('NOT a.shadow');
}

function asOutboxRow(row: AlertRow): OutboxRow {
  const { id, rule, ruleVersion, kind, severity, key, shadow, body, explanation } = row;
  return {
    number: row.number,
    detectedAt: row.detectedAt,
    alert: { id, rule, ruleVersion, kind, severity, key, shadow, body, explanation },
  };
}
