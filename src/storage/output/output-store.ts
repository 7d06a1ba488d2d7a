import { failpoint } from '../../runtime/failpoint.js';
import type { CheckpointOutput, JournalPayload, Output, Positions } from '../../runtime/ports/outputs.js';
import type { OutboxRow, OutputStore, RecoveryPoint } from '../../runtime/ports/stores.js';
import type { Lease } from '../lease.js';
import { fromJsonBytes } from '../sql/text.js';
import { clean, type Retention } from './cleaning.js';
import { insertCheckpoint, type Written, writeOutputs } from './commit.js';
import { Coverage } from './coverage.js';
import { dropUnfinishedSegments, loadSegments, storeSegments } from './segments.js';

/**
 * Writes what the engine of one shard says: journal, alerts (the outbox), dead letters, checkpoints.
 * After a failed or doubtful commit the caller commits the same outputs again or recovers; alerts and
 * dead letters that were written after all are left out then.
 */
export class PostgresOutputStore implements OutputStore {
  readonly #lease: Lease;
  readonly #retention: Retention;
  #coverage = new Coverage();
  /** Of checkpoints that are not complete yet: the bytes stored by writeSegments, and the alerts before the barrier. */
  readonly #written = new Map<number, number>();
  readonly #covered = new Map<number, number>();
  /** Rows of commits whose outcome is unknown, by alert id. */
  readonly #doubtful = new Map<string, OutboxRow>();

  constructor(lease: Lease, retention: Retention = {}) {
    this.#lease = lease;
    this.#retention = retention;
  }

  async recover(): Promise<RecoveryPoint> {
    const lease = this.#lease;
    const point = await lease.database.transaction(async (client) => {
      await lease.check(client);
      const {
        rows: [checkpoint],
      } = await client.query<{ id: number; journal_sequence: number; oldest_needed: number; alert_number: number; meta: Buffer }>(
        'SELECT id, journal_sequence, oldest_needed, alert_number, meta FROM checkpoint WHERE job = $1 AND shard = $2 ORDER BY id DESC LIMIT 1',
        [lease.job, lease.shard],
      );
      await dropUnfinishedSegments(client, lease, checkpoint?.id ?? 0);
      const { rows: journal } = await client.query<{ sequence: number; positions: Buffer; payload: Buffer }>(
        'SELECT sequence, positions, payload FROM journal WHERE job = $1 AND shard = $2 AND sequence > $3 ORDER BY sequence',
        [lease.job, lease.shard, checkpoint?.journal_sequence ?? 0],
      );
      const { rows: uncovered } = await client.query<{ id: string; number: number }>(
        'SELECT id, number FROM alert WHERE job = $1 AND shard = $2 AND number > $3 ORDER BY number',
        [lease.job, lease.shard, checkpoint?.alert_number ?? 0],
      );
      return { checkpoint, journal, uncovered };
    });
    this.#written.clear();
    this.#covered.clear();
    this.#doubtful.clear();
    this.#coverage = new Coverage(point.uncovered.map(({ id, number }) => [id, number] as const));
    const { checkpoint } = point;
    return {
      checkpoint: checkpoint && {
        id: checkpoint.id,
        journalSequence: checkpoint.journal_sequence,
        oldestNeeded: checkpoint.oldest_needed,
        meta: checkpoint.meta.toString(),
      },
      journal: point.journal.map(({ sequence, positions, payload }) => ({
        sequence,
        positions: fromJsonBytes<Positions>(positions),
        payload: fromJsonBytes<JournalPayload>(payload),
      })),
      uncoveredAlerts: point.uncovered.map(({ id }) => id),
    };
  }

  segments(oldest: number, newest: number): AsyncIterable<Uint8Array> {
    return loadSegments(this.#lease, oldest, newest);
  }

  /** Takes the place of what an earlier call stored for the same checkpoint from the `first` on. */
  async writeSegments(checkpoint: number, segments: readonly Uint8Array[], first = 0): Promise<number> {
    const before = first === 0 ? 0 : this.#written.get(checkpoint);
    if (before === undefined) throw new Error(`segments of checkpoint ${checkpoint} are missing before number ${first}`);
    const bytes = before + (await storeSegments(this.#lease, checkpoint, segments, first));
    this.#written.set(checkpoint, bytes);
    return bytes;
  }

  async commit(outputs: readonly Output[]): Promise<readonly OutboxRow[]> {
    if (outputs.length === 0) return [];
    const coverage = this.#coverage.copy();
    let written: Written | undefined;
    try {
      await this.#lease.database.transaction(async (client) => {
        await this.#lease.check(client);
        written = await writeOutputs(client, this.#lease, outputs, coverage);
      });
    } catch (error) {
      for (const row of written?.rows ?? []) this.#doubtful.set(row.alert.id, row);
      throw error;
    }
    this.#coverage = coverage;
    failpoint('outbox-committed');
    for (const [checkpoint, number] of written!.covered) this.#covered.set(checkpoint, number);
    return this.#withDoubtful(written!);
  }

  async completeCheckpoint(checkpoint: CheckpointOutput): Promise<void> {
    const covered = this.#covered.get(checkpoint.id);
    const bytes = this.#written.get(checkpoint.id);
    if (covered === undefined || bytes === undefined)
      throw new Error(
        `checkpoint ${checkpoint.id} cannot be complete: ${covered === undefined ? 'outputs before it' : 'segments'} are missing`,
      );
    await this.#lease.database.transaction(async (client) => {
      await this.#lease.check(client);
      await insertCheckpoint(client, this.#lease, checkpoint, covered, bytes);
    });
    failpoint('checkpoint-committed');
    this.#covered.delete(checkpoint.id);
    this.#written.delete(checkpoint.id);
  }

  /** Rows of a commit that was taken for failed, and was not, are new to the caller all the same. */
  #withDoubtful({ rows, known }: Written): readonly OutboxRow[] {
    const found = [...this.#doubtful.values()].filter(({ alert }) => known.has(alert.id));
    this.#doubtful.clear();
    return [...found, ...rows];
  }

  clean(): Promise<void> {
    return clean(this.#lease, this.#retention);
  }
}
