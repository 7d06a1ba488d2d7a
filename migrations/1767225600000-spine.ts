import type { MigrationInterface, QueryRunner } from 'typeorm';
import { failpoint } from '../src/runtime/failpoint.js';

/**
 * The first schema. JSON of events, alerts and documents is bytea: jsonb refuses \u0000 and lone surrogates,
 * and one such event would fail every write. Large bytea is stored EXTERNAL: what is worth compressing
 * is compressed before it comes here.
 */
const STATEMENTS = [
  `CREATE TABLE shard_lease (
     job text NOT NULL, shard integer NOT NULL, owner text NOT NULL, epoch bigint NOT NULL, taken_at bigint NOT NULL,
     PRIMARY KEY (job, shard))`,
  `CREATE TABLE log_partition (
     stream text NOT NULL, partition integer NOT NULL, next_offset bigint NOT NULL DEFAULT 0,
     start_offset bigint NOT NULL DEFAULT 0, max_time double precision, dropped boolean NOT NULL DEFAULT false,
     PRIMARY KEY (stream, partition))`,
  `CREATE TABLE log_chunk (
     stream text NOT NULL, partition integer NOT NULL, first_offset bigint NOT NULL, count integer NOT NULL,
     arrival_time bigint NOT NULL, bytes integer NOT NULL, data bytea NOT NULL,
     PRIMARY KEY (stream, partition, first_offset))`,
  'ALTER TABLE log_chunk ALTER COLUMN data SET STORAGE EXTERNAL',
  `CREATE TABLE request_progress (
     stream text NOT NULL, key text NOT NULL, processed bigint NOT NULL, accepted bigint NOT NULL, rejected bytea NOT NULL,
     body_hash text NOT NULL, behind_watermark bigint NOT NULL, done boolean NOT NULL, updated_at bigint NOT NULL,
     PRIMARY KEY (stream, key))`,
  'CREATE INDEX request_progress_updated ON request_progress (updated_at)',
  `CREATE TABLE dead_letter (
     id bigserial PRIMARY KEY, identity_hash bytea NOT NULL UNIQUE, identity text NOT NULL, stream text NOT NULL,
     partition integer, "offset" bigint, code text NOT NULL, message text NOT NULL, time double precision,
     watermark double precision, cause text, received_at bigint NOT NULL, raw bytea NOT NULL)`,
  'CREATE INDEX dead_letter_stream ON dead_letter (stream, id)',
  'CREATE INDEX dead_letter_code ON dead_letter (code, id)',
  `CREATE TABLE journal (
     job text NOT NULL, shard integer NOT NULL, sequence bigint NOT NULL, kind text NOT NULL, positions bytea NOT NULL,
     payload bytea NOT NULL, recorded_at bigint NOT NULL, PRIMARY KEY (job, shard, sequence))`,
  `CREATE TABLE outbox_position (
     job text NOT NULL, shard integer NOT NULL, last_number bigint NOT NULL, PRIMARY KEY (job, shard))`,
  `CREATE TABLE alert (
     job text NOT NULL, shard integer NOT NULL, number bigint NOT NULL, id text COLLATE "C" NOT NULL UNIQUE,
     rule text NOT NULL, rule_version integer NOT NULL, kind text NOT NULL, severity text NOT NULL, key text NOT NULL,
     shadow boolean NOT NULL, detected_at bigint NOT NULL, body bytea NOT NULL, explanation bytea NOT NULL,
     PRIMARY KEY (job, shard, number))`,
  'CREATE INDEX alert_rule ON alert (rule, number)',
  // A key may be longer than an index entry can be, so its hash is indexed.
  'CREATE INDEX alert_key ON alert (hashtextextended(key, 0), number)',
  'CREATE INDEX alert_detected ON alert (detected_at)',
  'CREATE TABLE sink_cursor (sink text PRIMARY KEY, number bigint NOT NULL, updated_at bigint NOT NULL)',
  `CREATE TABLE checkpoint (
     job text NOT NULL, shard integer NOT NULL, id bigint NOT NULL, kind text NOT NULL, journal_sequence bigint NOT NULL,
     oldest_needed bigint NOT NULL, alert_number bigint NOT NULL, meta bytea NOT NULL, needed_offsets bytea NOT NULL,
     stored_bytes bigint NOT NULL, pause_ms double precision NOT NULL, completed_at bigint NOT NULL,
     PRIMARY KEY (job, shard, id))`,
  `CREATE TABLE checkpoint_segment (
     job text NOT NULL, shard integer NOT NULL, checkpoint bigint NOT NULL, index integer NOT NULL, data bytea NOT NULL,
     PRIMARY KEY (job, shard, checkpoint, index)) PARTITION BY RANGE (job, shard, checkpoint)`,
  'ALTER TABLE checkpoint_segment ALTER COLUMN data SET STORAGE EXTERNAL',
  `CREATE TABLE rule (
     id text PRIMARY KEY, current_version integer NOT NULL, status text NOT NULL, updated_at bigint NOT NULL)`,
  `CREATE TABLE rule_version (
     rule text NOT NULL REFERENCES rule (id), version integer NOT NULL, document bytea NOT NULL, created_at bigint NOT NULL,
     PRIMARY KEY (rule, version))`,
  `CREATE TABLE stream (
     name text PRIMARY KEY, current_version integer NOT NULL, deleted boolean NOT NULL, updated_at bigint NOT NULL)`,
  `CREATE TABLE stream_version (
     stream text NOT NULL REFERENCES stream (name), version integer NOT NULL, document bytea NOT NULL, created_at bigint NOT NULL,
     PRIMARY KEY (stream, version))`,
];

const TABLES = [
  'stream_version',
  'stream',
  'rule_version',
  'rule',
  'checkpoint_segment',
  'checkpoint',
  'sink_cursor',
  'alert',
  'outbox_position',
  'journal',
  'dead_letter',
  'request_progress',
  'log_chunk',
  'log_partition',
  'shard_lease',
];

export class Spine1767225600000 implements MigrationInterface {
  readonly name = 'Spine1767225600000';

  async up(runner: QueryRunner): Promise<void> {
    for (const [index, statement] of STATEMENTS.entries()) {
      await runner.query(statement);
      if (index === STATEMENTS.length >> 1) failpoint('migration');
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`DROP TABLE ${table}`);
  }
}
