import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeUtf8, JsonError } from '../../engine/event/json-reader.js';
import type { Problem } from '../../engine/problem/problem.js';
import { type DocumentLimits, isStreamDocument, parseDocument, readRuleDocument, readStreamDocument } from '../../engine/rule/index.js';
import type { PostedDocument } from '../http/body.js';

/** A problem and the file it is in, its path below the folder. */
export interface FileProblem extends Problem {
  readonly file: string;
}

export interface FileDocument {
  readonly file: string;
  readonly kind: 'rule' | 'stream';
  /** The rule's id or the stream's name. */
  readonly name: string;
  readonly posted: PostedDocument;
  /** The document, parsed. */
  readonly value: unknown;
  /** Lines of the file before the document's first. */
  readonly linesBefore: number;
}

/** What the folder holds. A file with a problem gives no documents: half of what it says would be neither old nor new. */
export interface RuleFiles {
  readonly documents: readonly FileDocument[];
  readonly problems: readonly FileProblem[];
}

/** What `tripline test` gives a rule as reference lists; the service's are kept over the API. */
const TEST_LISTS = 'lists.yaml';
/** Deeper folders are a mistake, or a link to a folder above. */
const MAX_DEPTH = 16;

/**
 * Reads every `*.yaml` and `*.yml` below the folder. Names that begin with a dot are passed over and links are
 * followed: a mounted Kubernetes ConfigMap is made of both. @throws when the folder itself cannot be read
 */
export async function readRuleFiles(dir: string, limits: Partial<DocumentLimits>): Promise<RuleFiles> {
  const documents: FileDocument[] = [];
  const problems: FileProblem[] = [];
  for (const file of await yamlFiles(dir)) {
    const found = await readOne(dir, file, limits);
    documents.push(...found.documents);
    problems.push(...found.problems);
  }
  return withoutDuplicates(documents, problems);
}

/** The problem, found in a document, as one of its file. */
export function inFile({ file, linesBefore }: Pick<FileDocument, 'file' | 'linesBefore'>, problem: Problem): FileProblem {
  return { file, ...problem, ...(problem.line === undefined ? {} : { line: problem.line + linesBefore }) };
}

async function yamlFiles(dir: string, below = '', depth = 0): Promise<string[]> {
  if (depth > MAX_DEPTH) return [];
  const found: string[] = [];
  for (const name of (await readdir(join(dir, below))).sort()) {
    const path = below === '' ? name : `${below}/${name}`;
    if (name.startsWith('.')) continue;
    // A link that leads nowhere is told as a file that cannot be read.
    const entry = await stat(join(dir, path)).catch(() => undefined);
    if (entry?.isDirectory()) found.push(...(await yamlFiles(dir, path, depth + 1)));
    else if (/\.ya?ml$/.test(name) && name !== TEST_LISTS) found.push(path);
  }
  return found;
}

async function readOne(dir: string, file: string, limits: Partial<DocumentLimits>): Promise<RuleFiles> {
  let text: string;
  try {
    text = decodeUtf8(await readFile(join(dir, file)));
  } catch (error) {
    const code = error instanceof JsonError ? error.code : 'file-unreadable';
    return { documents: [], problems: [{ file, code, message: (error as Error).message }] };
  }
  const read = splitDocuments(text).map((part) => readDocument(file, part, limits));
  const problems = read.flatMap((one) => one.problems);
  return { documents: problems.length > 0 ? [] : read.flatMap(({ document }) => document ?? []), problems };
}

interface Part {
  readonly text: string;
  readonly linesBefore: number;
}

/** At lines that begin with `---`, which YAML allows nowhere else. An empty file is one empty document, so a problem. */
export function splitDocuments(text: string): Part[] {
  const lines = text.split('\n');
  const starts = lines.flatMap((line, index) => (index > 0 && /^---(\s|$)/.test(line) ? [index] : []));
  const parts = [0, ...starts].map((start, index) => ({ text: lines.slice(start, starts[index]).join('\n'), linesBefore: start }));
  const filled = parts.filter((part) => part.text.split('\n').some((line) => !/^(---|\.\.\.)?\s*(#.*)?$/.test(line)));
  return filled.length === 0 ? parts.slice(0, 1) : filled;
}

function readDocument(
  file: string,
  { text, linesBefore }: Part,
  limits: Partial<DocumentLimits>,
): { document?: FileDocument; problems: FileProblem[] } {
  const posted: PostedDocument = { text, format: 'yaml' };
  const { value } = parseDocument(text, 'yaml', limits);
  const options = { format: posted.format, limits };
  const kind = isStreamDocument(value) ? 'stream' : 'rule';
  // Alone: whether the rule fits its streams is seen once those are there.
  const { name, problems } = kind === 'stream' ? namedStream(text, options) : namedRule(text, options);
  return {
    document: name === undefined ? undefined : { file, kind, name, posted, value, linesBefore },
    problems: problems.map((problem) => inFile({ file, linesBefore }, problem)),
  };
}

function namedRule(text: string, options: Parameters<typeof readRuleDocument>[1]) {
  const { rule, problems } = readRuleDocument(text, options);
  return { name: rule?.id, problems };
}

function namedStream(text: string, options: Parameters<typeof readStreamDocument>[1]) {
  const { stream, problems } = readStreamDocument(text, options);
  return { name: stream?.name, problems };
}

/** The same stream may stand beside each rule that reads it; of two different ones neither is taken. */
function withoutDuplicates(documents: readonly FileDocument[], problems: FileProblem[]): RuleFiles {
  const byName = new Map<string, FileDocument[]>();
  for (const document of documents) {
    const what = `${document.kind} ${document.name}`;
    byName.set(what, [...(byName.get(what) ?? []), document]);
  }
  const taken: FileDocument[] = [];
  for (const [what, [first, ...others]] of byName) {
    const other = others.find(({ value }) => JSON.stringify(value) !== JSON.stringify(first.value));
    if (other === undefined) taken.push(first);
    else problems.push(definedTwice(what, first, other), definedTwice(what, other, first));
  }
  return { documents: taken, problems };
}

function definedTwice(what: string, { file }: FileDocument, other: FileDocument): FileProblem {
  return { file, code: 'defined-twice', message: `${what} is also in ${other.file}, with another document` };
}
