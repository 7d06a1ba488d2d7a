/** `tripline match`: conformance cases in, one answer for each line out, in order and in constant memory. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { toJsonText } from '../../engine/expr/index.js';
import { EXIT, type Terminal } from '../terminal.js';
import { answer } from './answer.js';
import { linesOf } from './lines.js';

export interface MatchOptions {
  /** A path, or `-` for standard input. */
  readonly cases: string;
  /** The conformance folder's name; absent: seen from each rule. */
  readonly kind?: string;
}

/** Exit code 0 when every line was answered, rejections included; 2 when the cases cannot be read or written. */
export async function runMatchCommand({ cases, kind }: MatchOptions, { stdin, stdout, stderr }: Terminal): Promise<number> {
  let broken: Error | undefined;
  const onError = (error: Error): void => {
    broken = error;
  };
  stdout.on('error', onError);
  try {
    const input = cases === '-' ? stdin : createReadStream(cases);
    let number = 0;
    for await (const line of linesOf(input)) {
      number++;
      if (line.trim() === '') continue;
      if (!stdout.write(`${toJsonText(answer(line, number, kind))}\n`)) await drained(stdout);
      if (broken !== undefined) throw broken;
    }
    return EXIT.ok;
  } catch (error) {
    stderr.write(`tripline: ${cases === '-' ? 'standard input' : cases}: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.usage;
  } finally {
    stdout.off('error', onError);
  }
}

async function drained(stdout: NodeJS.WritableStream): Promise<void> {
  if ((stdout as NodeJS.WritableStream & { writableNeedDrain?: boolean }).writableNeedDrain === false) return;
  await once(stdout, 'drain');
}
