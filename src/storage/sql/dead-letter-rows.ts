import type { ClientBase } from 'pg';
import type { DeadLetterOutput } from '../../runtime/ports/outputs.js';
import { asBuffer, insertRows } from './rows.js';
import { storableText, textHash } from './text.js';

const COLUMNS = [
  'identity_hash',
  'identity',
  'stream',
  'partition',
  '"offset"',
  'code',
  'message',
  'time',
  'watermark',
  'cause',
  'received_at',
  'raw',
];

/** Writes dead letters; one whose identity is there already is left out. */
export async function insertDeadLetters(client: ClientBase, letters: readonly DeadLetterOutput[], now: number): Promise<void> {
  if (letters.length === 0) return;
  const rows = letters.map((letter) => [
    textHash(letter.identity),
    storableText(letter.identity),
    storableText(letter.stream),
    letter.partition,
    letter.offset,
    letter.code,
    storableText(letter.message),
    letter.time ?? null,
    letter.watermark ?? null,
    letter.cause === undefined ? null : storableText(letter.cause),
    now,
    asBuffer(letter.raw),
  ]);
  await insertRows(client, 'dead_letter', COLUMNS, rows, 'ON CONFLICT (identity_hash) DO NOTHING');
}
