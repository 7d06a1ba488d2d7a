/**
 * YAML text to plain values. Nesting is counted token by token and the parse ends at the limit, before a
 * tree is built (the composer is recursive); aliases may not make the document larger than a person writes.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, Composer, Lexer, LineCounter, type Node, type Pair, Parser } from 'yaml';
import type { Problem } from '../problem/problem.js';

/** More than any rule needs; a bomb needs few, but nested. */
const MAX_ALIASES = 64;
const MAX_NODES = 100_000;

export interface ParsedText {
  readonly value?: unknown;
  readonly problems: readonly Problem[];
  /** The same problem with line and column, where the format has them. */
  locate(problem: Problem): Problem;
}

/** Reads one YAML 1.2 document (core schema: no dates, no merge keys, no custom tags). */
export function parseYaml(text: string, maxNesting: number): ParsedText {
  const lines = new LineCounter();
  const failed = (problems: Problem[]): ParsedText => ({ problems, locate: (problem) => problem });
  const at = (offset: number): Pick<Problem, 'line' | 'column'> => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const documents: Document.Parsed[] = [];
  const composer = new Composer({ lineCounter: lines, prettyErrors: false, uniqueKeys: true, version: '1.2', schema: 'core', merge: false, logLevel: 'silent' });
  const parser = new Parser(lines.addNewLine);
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  lines.addNewLine(0);
  const tokens = [];
  for (const lexeme of new Lexer().lex(source)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    // The stack holds the document, its open collections and a scalar; exact counting follows below.
    if (parser.stack.length > maxNesting + 8) return failed([tooDeep(maxNesting, at(parser.offset))]);
  }
  tokens.push(...parser.end());
  documents.push(...composer.compose(tokens) as Iterable<Document.Parsed>);
  const faults = documents.flatMap((document) => [...document.errors, ...document.warnings]);
  if (faults.length > 0) {
    return failed(faults.slice(0, 20).map((fault) => ({ code: 'invalid-yaml', message: `not valid YAML: ${fault.message}`, pointer: '', ...at(fault.pos[0]) })));
  }
  if (documents.length === 0) return failed([{ code: 'invalid-yaml', message: 'the document is empty', pointer: '' }]);
  if (documents.length > 1) {
    return failed([{ code: 'invalid-yaml', message: 'expected one YAML document, found several (a line `---` begins another)', pointer: '', ...at(documents[1].range[0]) }]);
  }
  const document = documents[0];
  const tooLarge = checkExpanded(document, maxNesting);
  if (tooLarge !== undefined) return failed([{ ...tooLarge.problem, ...at(tooLarge.offset) }]);
  return {
    value: document.toJS({ maxAliasCount: -1 }),
    problems: [],
    locate: (problem) => {
      const offset = offsetOf(document, problem);
      return offset === undefined ? problem : { ...problem, ...at(offset) };
    },
  };
}

function tooDeep(maxNesting: number, more: Partial<Problem> = {}): Problem {
  return { code: 'document-too-deep', message: `the document nests deeper than ${maxNesting} levels`, pointer: '', expected: `at most ${maxNesting} levels`, ...more };
}

/** Walks the tree with its aliases expanded; it ends at the first limit, so a bomb or a cycle costs little. */
function checkExpanded(document: Document.Parsed, maxNesting: number): { problem: Problem; offset: number } | undefined {
  let nodes = 0;
  let aliases = 0;
  const open: { node: unknown; depth: number }[] = [{ node: document.contents, depth: 1 }];
  for (let top = open.pop(); top !== undefined; top = open.pop()) {
    const offset = (top.node as Node | null)?.range?.[0] ?? 0;
    if (isAlias(top.node) && ++aliases > MAX_ALIASES) return { problem: tooManyAliases(), offset };
    const node = isAlias(top.node) ? top.node.resolve(document) : top.node;
    if (++nodes > MAX_NODES) return { problem: tooManyAliases(), offset };
    if (!isMap(node) && !isSeq(node)) continue;
    if (top.depth > maxNesting) return { problem: tooDeep(maxNesting), offset };
    for (const item of node.items) {
      open.push({ node: isMap(node) ? (item as Pair).value : item, depth: top.depth + 1 });
    }
  }
  return undefined;
}

function tooManyAliases(): Problem {
  return { code: 'too-many-aliases', message: `the document's aliases make it too large`, pointer: '', expected: `at most ${MAX_ALIASES} aliases` };
}

/** Where the value of a pointer stands; an unknown key's problem is at the key. */
function offsetOf(document: Document.Parsed, problem: Problem): number | undefined {
  if (problem.pointer === undefined || document.contents === null) return undefined;
  let node: unknown = document.contents;
  let offset = document.contents.range[0];
  for (const part of problem.pointer.split('/').slice(1)) {
    const token = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (isAlias(node)) node = node.resolve(document);
    const pair = isMap(node) ? node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === token) : undefined;
    const child: unknown = isSeq(node) ? node.items[Number(token)] : pair?.value;
    const place = problem.code === 'unknown-key' ? (pair?.key ?? child) : (child ?? pair?.key);
    const range = (place as Node | undefined | null)?.range;
    if (range === undefined || range === null) return offset;
    [node, offset] = [child, range[0]];
  }
  return offset;
}
