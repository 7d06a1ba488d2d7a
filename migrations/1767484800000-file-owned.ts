import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which file keeps a rule or stream; null for those of the API. */
export class FileOwned1767484800000 implements MigrationInterface {
  readonly name = 'FileOwned1767484800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE rule ADD COLUMN file text');
    await runner.query('ALTER TABLE stream ADD COLUMN file text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE rule DROP COLUMN file');
    await runner.query('ALTER TABLE stream DROP COLUMN file');
  }
}
