import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Reference lists and lookup tables. An entry holds from version `since` until before version `until`; null = still. */
export class ReferenceLists1768089600000 implements MigrationInterface {
  readonly name = 'ReferenceLists1768089600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE reference_list (name text PRIMARY KEY, current_version integer NOT NULL, deleted boolean NOT NULL,
       size integer NOT NULL, updated_at bigint NOT NULL)`,
    );
    await runner.query(
      `CREATE TABLE reference_list_entry (list text NOT NULL, key text COLLATE "C" NOT NULL, since integer NOT NULL, until integer,
       value bytea NOT NULL, PRIMARY KEY (list, key, since))`,
    );
    await runner.query('CREATE INDEX reference_list_entry_until ON reference_list_entry (list, until) WHERE until IS NOT NULL');
    await runner.query('CREATE INDEX reference_list_entry_since ON reference_list_entry (list, since)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE reference_list_entry');
    await runner.query('DROP TABLE reference_list');
  }
}
