import { dirname, join } from 'node:path';
import { type AnyDocument, readAnyDocument, type StreamDefinition } from '../../engine/rule/index.js';
import { formatOf, readBytes, readIfPresent } from '../files.js';
import { showProblem } from '../show-problem.js';
import { EXIT, type Terminal, UsageError } from '../terminal.js';

/**
 * Checks rule and stream files and writes every problem. A rule is held against the streams among the
 * files, and against `stream.yaml` beside it; when there is neither, it may read any stream.
 */
export async function validate(files: readonly string[], options: { readonly json?: boolean }, terminal: Terminal): Promise<number> {
  const texts = new Map<string, string>();
  let exit: number = EXIT.ok;
  for (const file of files) {
    try {
      texts.set(file, (await readBytes(file, terminal)).toString('utf8'));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      terminal.stderr.write(`${error.message}\n`);
      exit = EXIT.usage;
    }
  }
  const given = [...texts].flatMap(([file, text]) => [...readAnyDocument(text, { format: formatOf(file) }).streams]);
  for (const [file, text] of texts) {
    const streams = new Map([...given, ...(await streamsBeside(file))].map((stream) => [stream.name, stream]));
    const known = streams.size === 0 ? undefined : [...streams.keys()];
    const result = readAnyDocument(text, { format: formatOf(file), knownStreams: known, streams: known && ((name) => streams.get(name)) });
    terminal.stdout.write(options.json === true ? `${asJson(file, result)}\n` : asText(file, result));
    if (result.problems.length > 0 && exit === EXIT.ok) exit = EXIT.problems;
  }
  return exit;
}

async function streamsBeside(file: string): Promise<readonly StreamDefinition[]> {
  if (file === '-') return [];
  const bytes = await readIfPresent(join(dirname(file), 'stream.yaml'));
  return bytes === undefined ? [] : readAnyDocument(bytes.toString('utf8'), { format: 'yaml' }).streams;
}

function asText(file: string, { kind, problems, warnings, streams, rule }: AnyDocument): string {
  const lines = [
    ...problems.map((problem) => showProblem(file, 'error', problem)),
    ...warnings.map((problem) => showProblem(file, 'warning', problem)),
  ];
  if (problems.length === 0)
    lines.push(
      kind === 'rule' ? `${file}: ok, rule ${rule?.id}` : `${file}: ok, ${streams.map(({ name }) => `stream ${name}`).join(', ')}`,
    );
  return lines.map((line) => `${line}\n`).join('');
}

function asJson(file: string, { problems, warnings }: AnyDocument): string {
  return JSON.stringify({ file, valid: problems.length === 0, errors: problems, warnings });
}
