import { createHash } from 'node:crypto';
import type { AlertOutput, CheckpointOutput, DeadLetterOutput, JournalEntry, Output } from '../../src/runtime/ports/outputs.js';
import type { OutputStore } from '../../src/runtime/ports/stores.js';
import type { Author } from '../../src/storage/access/audit-log.js';

/** Who changes things in tests. */
export const TESTER: Author = { kind: 'terminal', name: 'tester', id: null };

/** An alert whose id follows from `name`. */
export function alert(name: string, more: Partial<AlertOutput> = {}): Output & { type: 'alert' } {
  const id = createHash('md5').update(name).digest('hex');
  return {
    type: 'alert',
    alert: {
      id,
      rule: 'rule',
      ruleVersion: 1,
      kind: 'match',
      severity: 'high',
      key: '"k"',
      shadow: false,
      body: Buffer.from(`{"id":"${id}"}`),
      explanation: Buffer.from('[]'),
      ...more,
    },
  };
}

export function journal(
  sequence: number,
  payload: JournalEntry['payload'] = { kind: 'rule-paused', rule: 'rule', reason: 'user' },
): Output {
  return { type: 'journal', entry: { sequence, positions: { 's/0': sequence }, payload } };
}

export function deadLetter(identity: string, more: Partial<DeadLetterOutput> = {}): DeadLetterOutput {
  return { identity, stream: 's', partition: 0, offset: 1, code: 'late', message: 'too late', raw: Buffer.from('{}'), ...more };
}

export function checkpoint(id: number, more: Partial<CheckpointOutput> = {}): Output & { type: 'checkpoint' } {
  return {
    type: 'checkpoint',
    checkpoint: {
      id,
      kind: 'checkpoint',
      journalSequence: 0,
      oldestNeeded: id,
      meta: `{"id":${id}}`,
      neededOffsets: {},
      lists: [],
      segments: [],
      firstSegment: 0,
      pauseMs: 1,
      ...more,
    },
  };
}

export function barrier(checkpoint: number): Output {
  return { type: 'barrier', checkpoint };
}

/** Commits outputs, and completes the checkpoints among them, whose barriers stand there, with the segments they name. */
export async function complete(store: OutputStore, outputs: readonly Output[]): Promise<void> {
  await store.commit(outputs.flatMap((output) => (output.type === 'checkpoint' ? [barrier(output.checkpoint.id), output] : [output])));
  for (const output of outputs) {
    if (output.type !== 'checkpoint') continue;
    await store.writeSegments(output.checkpoint.id, output.checkpoint.segments);
    await store.completeCheckpoint(output.checkpoint);
  }
}
