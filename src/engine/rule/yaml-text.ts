/**
 * YAML text to plain values. Nesting is counted token by token and the parse ends at the limit, before a
 * tree is built (the composer is recursive); aliases may not make the document larger than a person writes.
 */
import {
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Composer,
  Lexer,
  LineCounter,
  type Node,
  Parser,
  type YAMLError,
} from 'yaml';
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
  const at = (offset: number): Pick<Problem, 'line' | 'column'> => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const failed = (problems: Problem[]): ParsedText => ({ problems, locate: (problem) => problem });
  const tokens = tokensOf(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text, lines, maxNesting);
  if (!Array.isArray(tokens)) return failed([tooDeep(maxNesting, at(tokens.deepAt))]);
  const documents = [...new Composer(OPTIONS).compose(tokens)] as Document.Parsed[];
  const faults = documents.flatMap((document) => [...document.errors, ...document.warnings]);
  if (faults.length > 0) return failed(faults.slice(0, MAX_FAULTS).map((fault) => faultOf(fault, at(fault.pos[0]))));
  if (documents.length === 0) return failed([invalid('the document is empty')]);
  if (documents.length > 1)
    return failed([invalid('expected one document, found several (a line `---` begins another)', at(documents[1].range[0]))]);
  const [document] = documents;
  const tooLarge = checkExpanded(document, maxNesting);
  if (tooLarge !== undefined) return failed([{ ...tooLarge.problem, ...at(tooLarge.offset) }]);
  const locate = (problem: Problem): Problem => {
    const offset = offsetOf(document, problem);
    return offset === undefined ? problem : { ...problem, ...at(offset) };
  };
  return { value: document.toJS({ maxAliasCount: -1 }), problems: [], locate };
}

const OPTIONS = { prettyErrors: false, uniqueKeys: true, version: '1.2', schema: 'core', merge: false, logLevel: 'silent' } as const;
const MAX_FAULTS = 20;

/** The text as tokens, or where it gets deeper than the composer may go. */
function tokensOf(text: string, lines: LineCounter, maxNesting: number): CST.Token[] | { deepAt: number } {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    // The stack holds the document, its open collections and a scalar; exact counting comes with the tree.
    if (parser.stack.length > maxNesting + 8) return { deepAt: parser.offset };
  }
  tokens.push(...parser.end());
  return tokens;
}

function faultOf({ code, message }: YAMLError, place: Pick<Problem, 'line' | 'column'>): Problem {
  if (code !== 'DUPLICATE_KEY') return invalid(message, place);
  return { code: 'duplicate-key', message: 'the key stands twice', pointer: '', ...place };
}

function invalid(what: string, more: Partial<Problem> = {}): Problem {
  return { code: 'invalid-yaml', message: `not valid YAML: ${what}`, pointer: '', ...more };
}

function tooDeep(maxNesting: number, more: Partial<Problem> = {}): Problem {
  return {
    code: 'document-too-deep',
    message: `the document nests deeper than ${maxNesting} levels`,
    pointer: '',
    expected: `at most ${maxNesting} levels`,
    ...more,
  };
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
    if (isAlias(top.node) && node === undefined)
      return { problem: invalid(`there is no anchor \`${top.node.source}\` before this alias`), offset };
    if (++nodes > MAX_NODES) return { problem: tooManyAliases(), offset };
    if (!isMap(node) && !isSeq(node)) continue;
    if (top.depth > maxNesting) return { problem: tooDeep(maxNesting), offset };
    const inner: readonly unknown[] = isMap(node) ? node.items.flatMap(({ key, value }) => [key, value]) : node.items;
    for (const child of inner) open.push({ node: child, depth: top.depth + 1 });
  }
  return undefined;
}

function tooManyAliases(): Problem {
  return {
    code: 'too-many-aliases',
    message: `the document's aliases make it too large`,
    pointer: '',
    expected: `at most ${MAX_ALIASES} aliases`,
  };
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
