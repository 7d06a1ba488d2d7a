import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tells an outbox from one that began anew in another database: sinks that keep their place in the target compare it. */
export class OutboxIncarnation1767916800000 implements MigrationInterface {
  readonly name = 'OutboxIncarnation1767916800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE outbox_position ADD COLUMN incarnation text NOT NULL DEFAULT gen_random_uuid()::text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE outbox_position DROP COLUMN incarnation');
  }
}
