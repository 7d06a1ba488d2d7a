import { parse } from '@bufbuild/cel';
import type { Expr } from '@bufbuild/cel-spec/cel/expr/syntax_pb.js';
import type { Case } from './cel-spec.js';

/** What a case uses, found in its syntax tree, its bindings and the value it expects. */
interface Uses {
  readonly exprs: readonly Expr[];
  /** Every object inside the bindings and the expected value. */
  readonly values: readonly Record<string, unknown>[];
  readonly expectedErrors: readonly string[];
}

interface Rule {
  readonly what: string;
  readonly why: string;
  applies(uses: Uses): boolean;
}

const EXACT = 2n ** 53n;

/** A case is out of scope if one of these applies; nothing else is. */
export const RULES: readonly Rule[] = [
  {
    what: 'protobuf messages and enums',
    why: 'events are JSON',
    applies: ({ exprs, values }) =>
      exprs.some((e) => messageName(e) !== '' || /^(TestAllTypes|cel\.expr|google\.protobuf\.(?!Timestamp$|Duration$))/.test(dotted(e))) ||
      values.some((v) => v.case === 'enumValue' || (v.case === 'objectValue' && !isTime(v.value))),
  },
  {
    what: 'unsigned integers',
    why: 'numbers are doubles',
    applies: ({ exprs, values }) =>
      exprs.some((e) => constant(e)?.case === 'uint64Value' || callOf(e)?.function === 'uint' || dotted(e) === 'uint') ||
      values.some((v) => v.case === 'uint64Value'),
  },
  {
    what: '64-bit integers beyond 2^53, and overflow',
    why: 'numbers are doubles; a literal that would lose digits is refused (int("…") holds it)',
    applies: ({ exprs, values, expectedErrors }) =>
      exprs.some((e) => isBig(constant(e))) || values.some(isBig) || expectedErrors.some((e) => /overflow/.test(e)),
  },
  {
    what: 'integer division and %',
    why: 'numbers are doubles: 1 / 0 is an infinity',
    applies: ({ exprs }) =>
      exprs.some((e) => {
        const call = callOf(e);
        return call?.function === '_%_' || (call?.function === '_/_' && !call.args.some(isDouble));
      }),
  },
  {
    what: 'the type of a number',
    why: 'integers and doubles are one type',
    applies: ({ exprs, values, expectedErrors }) =>
      exprs.some(typesANumber) ||
      values.some((v) => v.case === 'typeValue' && NUMBERS.has(v.value as string)) ||
      expectedErrors.some((e) => /unsupported key type/.test(e) && exprs.some(isDouble)),
  },
];

/** Files whose whole subject is not part of Tripline's CEL. */
export const OTHER_FILES: Readonly<Record<string, string>> = {
  block_ext: 'cel.block is what optimisers write, not people',
  dynamic: 'protobuf messages',
  enums: 'protobuf messages',
  optionals: 'optional values are an extension: has() and ?: do',
  proto2: 'protobuf messages',
  proto2_ext: 'protobuf messages',
  proto3: 'protobuf messages',
  type_deductions: 'results of a type checker with CEL types',
  unknowns: 'holds no cases',
  wrappers: 'protobuf messages',
};

const NUMBERS = new Set(['int', 'uint', 'double']);

/** The rule by which a case is out of scope, if one does. */
export function outOfScope({ test }: Case): string | undefined {
  const { original } = test;
  const uses: Uses = {
    exprs: exprsOf(original.expr),
    values: objectsIn([original.bindings, original.resultMatcher]),
    expectedErrors: original.resultMatcher.case === 'evalError' ? original.resultMatcher.value.errors.map((e) => e.message) : [],
  };
  return RULES.find((rule) => rule.applies(uses))?.what;
}

function exprsOf(source: string): Expr[] {
  try {
    return objectsIn(parse(`${source}\n`).expr).filter((o) => o.$typeName === 'cel.expr.Expr') as unknown as Expr[];
  } catch {
    return [];
  }
}

function objectsIn(root: unknown): Record<string, unknown>[] {
  if (typeof root !== 'object' || root === null || root instanceof Uint8Array) return [];
  return [root as Record<string, unknown>, ...Object.values(root).flatMap(objectsIn)];
}

function constant({ exprKind }: Expr): { case?: string; value?: unknown } | undefined {
  return exprKind.case === 'constExpr' ? exprKind.value.constantKind : undefined;
}

function callOf({ exprKind }: Expr) {
  return exprKind.case === 'callExpr' ? exprKind.value : undefined;
}

function messageName({ exprKind }: Expr): string {
  return exprKind.case === 'structExpr' ? exprKind.value.messageName : '';
}

/** a.b.c of names; '' for anything else. */
function dotted({ exprKind }: Expr): string {
  if (exprKind.case === 'identExpr') return exprKind.value.name;
  const of = exprKind.case === 'selectExpr' && exprKind.value.operand ? dotted(exprKind.value.operand) : '';
  return of === '' || exprKind.case !== 'selectExpr' ? '' : `${of}.${exprKind.value.field}`;
}

function isTime(value: unknown): boolean {
  return /google\.protobuf\.(Timestamp|Duration)$/.test((value as { typeUrl: string }).typeUrl);
}

function isBig(v: { case?: unknown; value?: unknown } | undefined): boolean {
  return v?.case === 'int64Value' && typeof v.value === 'bigint' && (v.value > EXACT || v.value < -EXACT);
}

function isDouble(e: Expr): boolean {
  return constant(e)?.case === 'doubleValue' || callOf(e)?.function === 'double';
}

function isNumber(e: Expr): boolean {
  return isDouble(e) || constant(e)?.case === 'int64Value' || NUMBERS.has(dotted(e));
}

function typesANumber(e: Expr): boolean {
  const call = callOf(e);
  return call?.function === 'type' && call.args.some(isNumber);
}
