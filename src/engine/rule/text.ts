import { JsonError, readJsonDocument } from '../event/json-reader.js';
import type { Problem } from '../problem/problem.js';
import type { DocumentLimits } from './limits.js';
import { type ParsedText, parseYaml } from './yaml-text.js';

export type DocumentFormat = 'json' | 'yaml';

/** Codes of a text that is no document at all (HTTP 400); every other problem is about its content. */
export const UNPARSEABLE: ReadonlySet<string> = new Set([
  'invalid-yaml',
  'invalid-json',
  'duplicate-key',
  'document-too-large',
  'document-too-deep',
  'too-many-aliases',
]);

/** Text to a plain value; size and nesting are checked before anything is built. */
export function parseText(text: string, format: DocumentFormat, limits: DocumentLimits): ParsedText {
  const size = new TextEncoder().encode(text).length;
  if (size > limits.maxRuleBytes) {
    const expected = `at most ${limits.maxRuleBytes} bytes`;
    return failed({ code: 'document-too-large', message: `the document has ${size} bytes`, pointer: '', found: String(size), expected });
  }
  return format === 'yaml' ? parseYaml(text, limits.maxNesting) : parseJson(text, limits.maxNesting);
}

function parseJson(text: string, maxNesting: number): ParsedText {
  try {
    return { value: readJsonDocument(text, maxNesting), problems: [], locate: (problem) => problem };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const before = text.slice(0, error.offset).split('\n');
    const place = { line: before.length, column: before[before.length - 1].length + 1 };
    if (error.code === 'json-too-deep') {
      return failed({
        code: 'document-too-deep',
        message: `the document nests deeper than ${maxNesting} levels`,
        pointer: '',
        expected: `at most ${maxNesting} levels`,
        ...place,
      });
    }
    if (error.code === 'duplicate-key') return failed({ code: error.code, message: error.message, pointer: error.pointer, ...place });
    return failed({ code: 'invalid-json', message: `not valid JSON: ${error.message}`, pointer: '', ...place });
  }
}

function failed(problem: Problem): ParsedText {
  return { problems: [problem], locate: (same) => same };
}
