import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where alerts go besides the API. */
export class Sinks1767398400000 implements MigrationInterface {
  readonly name = 'Sinks1767398400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE sink (name text PRIMARY KEY, document bytea NOT NULL, updated_at bigint NOT NULL)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE sink');
  }
}
