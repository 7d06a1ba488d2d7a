import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The watermark of a reply is kept with its Idempotency-Key, so that a retry gets the same reply. */
export class ReplyWatermark1767312000000 implements MigrationInterface {
  readonly name = 'ReplyWatermark1767312000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE request_progress ADD COLUMN watermark double precision');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE request_progress DROP COLUMN watermark');
  }
}
