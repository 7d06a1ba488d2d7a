import type { IncrementalTest, IncrementalTestSuite } from '@bufbuild/cel-spec/testdata/tests.js';
import { getConformanceSuite } from '@bufbuild/cel-spec/testdata/tests.js';
import type { Value } from '@bufbuild/cel-spec/cel/expr/value_pb.js';
import { CelError } from '../../src/engine/event/cel-error.js';
import { Event } from '../../src/engine/event/event.js';
import { FieldLayout } from '../../src/engine/event/field-layout.js';
import { checkExpression, type ExpressionScope, ExpressionTableBuilder, toJsonText } from '../../src/engine/expr/index.js';
import { same } from '../../src/engine/expr/runtime/compare.js';
import { typeNamed } from '../../src/engine/expr/runtime/types.js';
import { CelDuration, CelTimestamp, makeMap } from '../../src/engine/expr/runtime/values.js';
import { ON_EVENT } from './support.js';

export interface Case {
  /** file/section/name */
  readonly name: string;
  readonly test: IncrementalTest;
}

/** The official suite's cases by file. */
export function files(): ReadonlyMap<string, readonly Case[]> {
  return new Map(getConformanceSuite().suites.map((file) => [file.name, flatten(file, file.name)]));
}

function flatten(suite: IncrementalTestSuite, path: string): Case[] {
  return [
    ...suite.tests.map((test) => ({ name: `${path}/${test.name}`, test })),
    ...suite.suites.flatMap((s) => flatten(s, `${path}/${s.name}`)),
  ];
}

/** Tripline's value for one of the suite's. */
function valueOf(value: Value | undefined): unknown {
  const kind = value?.kind;
  switch (kind?.case) {
    case 'nullValue':
      return null;
    case 'int64Value':
    case 'uint64Value':
      return BigInt(Number(kind.value)) === kind.value ? Number(kind.value) : kind.value;
    case 'listValue':
      return kind.value.values.map(valueOf);
    case 'mapValue':
      return makeMap(kind.value.entries.flatMap((entry) => [valueOf(entry.key), valueOf(entry.value)]));
    case 'objectValue':
      return messageOf(kind.value);
    case 'typeValue':
      return typeNamed(kind.value);
    case 'boolValue':
    case 'doubleValue':
    case 'stringValue':
    case 'bytesValue':
      return kind.value;
    default:
      throw new TypeError(`no value of kind ${kind?.case}`);
  }
}

/** Timestamp and Duration have the same fields: 1 seconds, 2 nanos, both varints. */
function messageOf({ typeUrl, value }: { typeUrl: string; value: Uint8Array }): unknown {
  const parts = [0n, 0n, 0n];
  for (let at = 0; at < value.length; ) {
    const field = value[at++] >> 3;
    for (let shift = 0n; ; shift += 7n) {
      parts[field] |= BigInt(value[at] & 0x7f) << shift;
      if (value[at++] < 0x80) break;
    }
  }
  const nanos = BigInt.asIntN(64, parts[1]) * 1_000_000_000n + BigInt.asIntN(64, parts[2]);
  if (typeUrl.endsWith('google.protobuf.Timestamp')) return new CelTimestamp(nanos);
  if (typeUrl.endsWith('google.protobuf.Duration')) return new CelDuration(nanos);
  throw new TypeError(`no message ${typeUrl}`);
}

/** A problem that says that something is not there is no answer to a case, unless that is what the case wants. */
const NOT_THERE = new Set(['unknown-function', 'cel-unsupported']);

/** What is wrong with Tripline's answer, or undefined. */
export function run({ original }: IncrementalTest): string | undefined {
  const { resultMatcher } = original;
  const scope = { ...ON_EVENT, unchecked: original.disableCheck };
  try {
    const [problem] = checkExpression(original.expr, scope);
    if (problem !== undefined && NOT_THERE.has(problem.code)) return `${problem.code}: ${problem.message}`;
    const result = problem === undefined ? evaluate(original, scope) : new CelError(`${problem.code}: ${problem.message}`);
    if (resultMatcher.case === 'evalError' || resultMatcher.case === 'anyEvalErrors')
      return result instanceof CelError ? undefined : `no error but ${toJsonText(result)}`;
    const expected = resultMatcher.case === undefined ? true : valueOf(resultMatcher.value as Value);
    if (result instanceof CelError) return result.message;
    return Object.is(result, expected) || same(result, expected) ? undefined : `${toJsonText(result)} instead of ${toJsonText(expected)}`;
  } catch (cause) {
    return String(cause);
  }
}

/** The bindings are fields of the current event; a variable a.b.c is the field c of b of a. */
function evaluate({ expr, bindings }: IncrementalTest['original'], scope: ExpressionScope): unknown {
  const event: Record<string, unknown> = {};
  for (const name of Object.keys(bindings).sort()) {
    const { kind } = bindings[name];
    if (kind.case === 'value') put(event, name.split('.'), valueOf(kind.value));
  }
  const layout = new FieldLayout();
  const fields: unknown[] = [undefined];
  for (const [name, value] of Object.entries(event)) fields[layout.slot(name)] = value;
  const builder = new ExpressionTableBuilder(layout);
  builder.add(expr, scope);
  return builder.build().functions[0](new Event(layout, 's', 0, 0, 0, new TextEncoder().encode('{}'), fields), null);
}

function put(into: Record<string, unknown>, [name, ...rest]: string[], value: unknown): void {
  if (rest.length === 0) into[name] = value;
  else put(((into[name] as object)?.constructor === Object ? into[name] : (into[name] = {})) as Record<string, unknown>, rest, value);
}
