import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What people have done about alerts. Alerts themselves are never changed. */
const STATEMENTS = [
  `CREATE TABLE alert_state (
     alert text COLLATE "C" PRIMARY KEY, state text NOT NULL, author text NOT NULL, at bigint NOT NULL, note text)`,
  `CREATE TABLE snooze (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, rule text NOT NULL, key text, since bigint NOT NULL, until bigint NOT NULL,
     author text NOT NULL, note text)`,
];

export class Triage1768003200000 implements MigrationInterface {
  readonly name = 'Triage1768003200000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE snooze');
    await runner.query('DROP TABLE alert_state');
  }
}
