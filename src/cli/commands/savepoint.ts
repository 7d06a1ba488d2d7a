import { CheckpointStorageError, type CompletedCheckpoint } from '../../runtime/ports/checkpoint-storage.js';
import { type CheckpointMetadata, decodeMetadata, type OperatorMetadata } from '../../runtime/stream/checkpoint/metadata.js';
import { FileSystemCheckpointStorage } from '../../storage/stream/file-system-checkpoint-storage.js';
import { EXIT, type Terminal } from '../terminal.js';

export interface SavepointOptions {
  readonly json?: boolean;
}

/** Shows what the savepoints or checkpoints in a folder hold: operators, their parallelism and their states. */
export async function savepointCommand(folder: string, { json = false }: SavepointOptions, terminal: Terminal): Promise<number> {
  try {
    const found = await new FileSystemCheckpointStorage(folder).inspect();
    if (found.length === 0) throw new CheckpointStorageError('checkpoint-not-found', `there is no savepoint in ${folder}`);
    for (const { checkpoint, metadata } of found) {
      const decoded = decodeMetadata(metadata);
      terminal.stdout.write(json ? `${JSON.stringify(asJson(checkpoint, decoded))}\n` : asText(checkpoint, decoded));
    }
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof CheckpointStorageError)) throw error;
    terminal.stderr.write(`tripline: ${error.message} (${error.code})\n`);
    return EXIT.problems;
  }
}

function asJson(checkpoint: CompletedCheckpoint, { isFinished, operators }: CheckpointMetadata): object {
  return { ...checkpoint, isFinished, operators: operators.map(summaryOf) };
}

function summaryOf({ uid, name, maxParallelism, subtasks, prepared }: OperatorMetadata): object {
  return {
    uid,
    name,
    parallelism: subtasks.length,
    maxParallelism,
    states: statesOf(subtasks),
    splits: subtasks.flatMap(({ splits = [] }) => splits),
    uncommitted: prepared.reduce((sum, { committables }) => sum + committables.length, 0),
  };
}

/** Each state once, with the kind of it and the serializer that wrote it. */
function statesOf(subtasks: OperatorMetadata['subtasks']): { name: string; kind: string; serializer: string }[] {
  const all = subtasks.flatMap(({ keyedStates, operatorState }) => [
    ...keyedStates,
    ...operatorState.map(({ name, mode, serializer }) => ({ name, kind: mode, serializer })),
  ]);
  const states = all.map(({ name, kind, serializer }) => ({ name, kind, serializer: `${serializer.name} ${serializer.version}` }));
  return [...new Map(states.map((state) => [state.name, state])).values()];
}

function asText(
  { id, kind, completedAt, bytes, oldestNeeded }: CompletedCheckpoint,
  { isFinished, operators }: CheckpointMetadata,
): string {
  const needs = oldestNeeded === id ? '' : `, needs those since ${oldestNeeded}`;
  const head = `${kind} ${id}, ${new Date(completedAt).toISOString()}, ${bytes} bytes${needs}${isFinished ? ', of a program that has ended' : ''}\n`;
  return head + operators.map(operatorText).join('');
}

function operatorText({ uid, name, subtasks }: OperatorMetadata): string {
  const states = statesOf(subtasks).map((state) => `    ${state.name}: ${state.kind}, serializer ${state.serializer}\n`);
  return `  ${uid}  ${name} (${subtasks.length})\n${states.join('')}`;
}
