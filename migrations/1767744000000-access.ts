import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys of the API, and who changed what. The audit log only grows: the database itself refuses to change or remove a row. */
const STATEMENTS = [
  `CREATE TABLE api_key (
     id text PRIMARY KEY, name text NOT NULL, role text NOT NULL, hash bytea NOT NULL, created_at bigint NOT NULL,
     expires_at bigint, last_used_at bigint, revoked_at bigint)`,
  `CREATE TABLE audit (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at bigint NOT NULL, author_kind text NOT NULL, author_name text NOT NULL,
     author_id text, action text NOT NULL, kind text NOT NULL, name text NOT NULL, version integer, detail bytea)`,
  'CREATE INDEX audit_target ON audit (kind, name, id)',
  'CREATE INDEX audit_author ON audit (author_name, id)',
  `CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN RAISE EXCEPTION 'the audit log only grows'; END $$`,
  `CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
     FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()`,
];

export class Access1767744000000 implements MigrationInterface {
  readonly name = 'Access1767744000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE audit');
    await runner.query('DROP FUNCTION audit_only_grows');
    await runner.query('DROP TABLE api_key');
  }
}
