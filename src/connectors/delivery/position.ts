import type { CommitContext } from '../../engine/stream/functions/sink.js';
import { SuppressRestartsError } from '../../engine/stream/functions/suppress-restarts.js';
import type { Prepared } from './preparing-writer.js';

/** Where a writer stands in a numbering of its own, kept by the target together with what was written. */
export interface WriterPosition {
  readonly number: number;
  /** Which numbering that is. */
  readonly incarnation: string;
  /** Who wrote it, without a space: a name that no other writer has had. */
  readonly writer: string;
}

/** The target holds what this writer cannot have written: another has gone on in its place. */
export class ForeignWriterError extends SuppressRestartsError {}

/** The incarnation that a checkpoint's committables belong to: some writer knows it. */
export function incarnationOf(committables: readonly Prepared<unknown>[]): string {
  const incarnation = committables.find((prepared) => prepared.incarnation !== undefined)?.incarnation;
  if (incarnation === undefined) throw new Error('no writer of the sink knows which program it belongs to');
  return incarnation;
}

/**
 * Whether a checkpoint's committables are in the target already, by the position found there.
 * @throws ForeignWriterError when the target holds what no checkpoint of this program can have written
 */
export function isWritten(
  found: WriterPosition | undefined,
  committables: readonly Prepared<unknown>[],
  { checkpointId, restored }: CommitContext,
): boolean {
  if (found === undefined) return false;
  if (found.incarnation !== incarnationOf(committables)) {
    if (!committables.some(({ goesOn }) => goesOn)) return false;
    throw new ForeignWriterError(`another program has gone on in the sink's place, to its checkpoint ${found.number}`);
  }
  if (found.number < checkpointId) return false;
  if (restored) return true;
  throw new ForeignWriterError(
    `the target is ahead of the program: checkpoint ${found.number} is in it, and ${checkpointId} is to be written`,
  );
}
