import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Commands that came over the topic and what was answered, so that one that comes again does nothing again. */
export class Commands1767830400000 implements MigrationInterface {
  readonly name = 'Commands1767830400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE TABLE command (id text PRIMARY KEY, body_hash bytea NOT NULL, reply bytea NOT NULL, handled_at bigint NOT NULL)',
    );
    await runner.query('CREATE INDEX command_handled ON command (handled_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE command');
  }
}
