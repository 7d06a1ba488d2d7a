import type { ClientBase } from 'pg';
import type { RequestProgress } from '../../runtime/ports/stores.js';
import { fromJsonBytes, storableText, toJsonBytes } from '../sql/text.js';

interface ProgressRow {
  readonly processed: number;
  readonly accepted: number;
  readonly rejected: Buffer;
  readonly body_hash: string;
  readonly behind_watermark: number;
  readonly watermark: number | null;
  readonly done: boolean;
}

/** Writes how far a request has come, in the transaction of the events it covers. */
export async function writeProgress(client: ClientBase, stream: string, progress: RequestProgress, now: number): Promise<void> {
  await client.query(
    `INSERT INTO request_progress (stream, key, processed, accepted, rejected, body_hash, behind_watermark, watermark, done, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (stream, key) DO UPDATE SET
       processed = $3, accepted = $4, rejected = $5, body_hash = $6, behind_watermark = $7, watermark = $8, done = $9, updated_at = $10`,
    [
      stream,
      storableText(progress.key),
      progress.processed,
      progress.accepted,
      toJsonBytes(progress.rejected),
      progress.bodyHash,
      progress.behindWatermark,
      progress.watermark,
      progress.done,
      now,
    ],
  );
}

export async function readProgress(client: Pick<ClientBase, 'query'>, stream: string, key: string): Promise<RequestProgress | undefined> {
  const { rows } = await client.query<ProgressRow>(
    `SELECT processed, accepted, rejected, body_hash, behind_watermark, watermark, done FROM request_progress WHERE stream = $1 AND key = $2`,
    [stream, storableText(key)],
  );
  if (rows.length === 0) return undefined;
  const [{ processed, accepted, rejected, body_hash: bodyHash, behind_watermark: behindWatermark, watermark, done }] = rows;
  return { key, processed, accepted, rejected: fromJsonBytes(rejected), bodyHash, behindWatermark, watermark, done };
}
