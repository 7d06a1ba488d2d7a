import { JsonError, type JsonObject, readJson } from '../../engine/event/json-reader.js';
import { ExpressionError } from '../../engine/expr/index.js';
import { isObject } from '../../engine/problem/fields.js';
import { CaseRejected, reject } from './case-error.js';
import { runIntervalJoinCase, runWindowJoinCase } from './join-case.js';
import { runKeyGroupsCase } from './key-groups-case.js';
import { runPatternCase } from './pattern-case.js';
import { runStateTtlCase } from './state-ttl-case.js';
import { runTimersCase } from './timers-case.js';
import { runWatermarkSplitsCase, runWatermarkStrategyCase, runWatermarkValveCase } from './watermark-case.js';
import { runWindowCase } from './window-case.js';

/** One runner for each kind of case; its result goes into the answer as it is. */
const RUNNERS: Readonly<Record<string, (document: JsonObject) => object>> = {
  pattern: runPatternCase,
  window: runWindowCase,
  'watermark-strategy': runWatermarkStrategyCase,
  'watermark-splits': runWatermarkSplitsCase,
  'watermark-valve': runWatermarkValveCase,
  'interval-join': runIntervalJoinCase,
  'window-join': runWindowJoinCase,
  timers: runTimersCase,
  'state-ttl': runStateTtlCase,
  'key-groups': runKeyGroupsCase,
};

/** Answers one line: the case's results, or why it could not be run. `number` counts from 1. */
export function answer(line: string, number: number, kind: string | undefined): object {
  let document: unknown;
  try {
    document = readJson(line, 256);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return { name: null, line: number, error: { code: error.code, message: `${error.message} (at ${error.offset})`, path: '' } };
  }
  const name = isObject(document) && typeof document.name === 'string' ? document.name : null;
  try {
    if (!isObject(document)) reject('wrong-type', 'a case must be an object');
    return { name, ...runnerOf(document as JsonObject, kind)(document as JsonObject) };
  } catch (error) {
    if (error instanceof CaseRejected) return { name, error: error.error };
    if (error instanceof ExpressionError) return { name, error: { code: error.problems[0].code, message: error.message, path: '' } };
    // A bug must not end the stream of cases: the others still count.
    return { name, error: { code: 'internal-error', message: error instanceof Error ? error.message : String(error), path: '' } };
  }
}

function runnerOf(document: JsonObject, given: string | undefined): (document: JsonObject) => object {
  const kind = given ?? kindOf(document.rule);
  if (Object.hasOwn(RUNNERS, kind)) return RUNNERS[kind];
  return reject('unsupported-kind', `cases of kind \`${kind}\` are not supported; supported: ${Object.keys(RUNNERS).join(', ')}`);
}

function kindOf(rule: unknown): string {
  if (!isObject(rule)) return reject('missing-key', 'a case needs a `rule`');
  if (Object.hasOwn(rule, 'pattern')) return 'pattern';
  if (Object.hasOwn(rule, 'window')) return 'window';
  return reject('missing-key', 'the rule has neither `pattern` nor `window`: say --kind');
}
