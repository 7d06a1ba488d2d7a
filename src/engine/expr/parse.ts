import { parse as parseCel } from '@bufbuild/cel';
import type { Expr } from '@bufbuild/cel-spec/cel/expr/syntax_pb.js';
import { replaceQuotedFields } from './quoted-fields.js';
import { tooDeepAt } from './scan.js';
import type { ExpressionLimits, ExpressionProblem } from './scope.js';

/** Stage 1: the standard syntax tree, with what later stages ask about its nodes. */
export interface Parsed {
  readonly expr: Expr;
  /** UTF-16 code units from the start. */
  positionOf(id: bigint): number;
  /** The macro that the parser expanded into this node, if any. */
  macroOf(id: bigint): string | undefined;
  /** Fields written in backquotes, by the name that stands for them in the tree. */
  readonly quoted: ReadonlyMap<string, string>;
}

/** Words that the grammar keeps for itself; as fields they are reached by event["word"]. */
const RESERVED = new Set([
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'in',
  'let',
  'loop',
  'namespace',
  'package',
  'return',
  'var',
  'void',
  'while',
]);

/**
 * Parses one expression. The limits on length and nesting are checked on the text, so hostile input
 * never reaches the recursive parser; what it still cannot take (thousands of chained ternaries) is too deep.
 */
export function parse(source: string, limits: ExpressionLimits): Parsed | ExpressionProblem {
  const refused = checkText(source, limits);
  if (refused !== undefined) return refused;
  try {
    // The grammar ends a comment only with a line break.
    const { text, quoted } = replaceQuotedFields(source);
    const { expr, sourceInfo } = parseCel(`${text}\n`);
    return {
      expr,
      quoted,
      positionOf: (id) => sourceInfo?.positions[String(id)] ?? 0,
      macroOf: (id) => macroName(sourceInfo?.macroCalls[String(id)]),
    };
  } catch (cause) {
    return cause instanceof RangeError ? tooDeep(0, limits) : syntaxProblem(source, cause);
  }
}

function checkText(source: string, limits: ExpressionLimits): ExpressionProblem | undefined {
  if (source.length > limits.maxLength) {
    return {
      code: 'expression-too-long',
      message: `an expression may have ${limits.maxLength} characters`,
      position: limits.maxLength,
      found: String(source.length),
      expected: `at most ${limits.maxLength}`,
    };
  }
  const deep = tooDeepAt(source, limits.maxNesting);
  return deep < 0 ? undefined : tooDeep(deep, limits);
}

export function tooDeep(position: number, limits: ExpressionLimits): ExpressionProblem {
  return {
    code: 'expression-too-deep',
    message: 'the expression nests too deep',
    position,
    expected: `at most ${limits.maxNesting} brackets open at once, ${limits.maxNesting * 4} operators nested`,
  };
}

function macroName(call: Expr | undefined): string | undefined {
  return call?.exprKind.case === 'callExpr' ? call.exprKind.value.function : undefined;
}

function syntaxProblem(source: string, cause: unknown): ExpressionProblem {
  if (source.trim() === '') return { code: 'cel-syntax', message: 'the expression is empty', position: 0, expected: 'a CEL expression' };
  const { location, message } = cause as { location?: { start: { offset: number } }; message: string };
  if (location === undefined) return { code: 'cel-syntax', message, position: 0 };
  const position = location.start.offset;
  const word = /^[A-Za-z_]\w*/.exec(source.slice(position))?.[0];
  if (word !== undefined && RESERVED.has(word)) {
    return { code: 'cel-syntax', message: `'${word}' is a reserved word`, position, found: word, suggestion: `event["${word}"]` };
  }
  const found = word ?? source[position];
  return {
    code: 'cel-syntax',
    message: found === undefined ? 'the expression ends too early' : `unexpected '${found}'`,
    position,
    found: found ?? 'the end',
  };
}
