import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { DocumentFormat } from '../engine/rule/index.js';
import { type Terminal, UsageError } from './terminal.js';

/** `.json` is JSON, every other name YAML (which JSON text mostly is, too). */
export function formatOf(file: string): DocumentFormat {
  return extname(file).toLowerCase() === '.json' ? 'json' : 'yaml';
}

/**
 * A file's bytes; `-` is standard input.
 * @throws UsageError when it cannot be read
 */
export async function readBytes(file: string, terminal: Terminal): Promise<Buffer> {
  if (file === '-') return readAll(terminal.stdin);
  try {
    return await readFile(file);
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`);
  }
}

/** As readBytes, but undefined when there is no such file. */
export async function readIfPresent(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`);
  }
}

async function readAll(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
