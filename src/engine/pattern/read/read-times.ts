import { Fields, isObject } from '../../problem/fields.js';
import { shown } from '../../problem/problem.js';
import type { Times } from '../ir/times.js';
import type { Reading } from './reading.js';

const EXPECTED = 'a whole number from 1, or {min, max} or {min}';

/** Reads `times` of a step; undefined when absent or wrong. */
export function readTimes(step: Fields, reading: Reading): Times | undefined {
  const value = step.get('times');
  if (value === undefined) return undefined;
  if (typeof value === 'number') {
    return checkCount(step, 'times', 1, reading) ? { min: value, max: value } : undefined;
  }
  if (!isObject(value)) return reading.findings.wrongType(step.at('times'), value, EXPECTED);
  const fields = step.nested('times', ['min', 'max', 'within', 'distinct']) as Fields;
  if (!fields.has('min')) return fields.missing('min', 'how often at least');
  const open = !fields.has('max');
  const minGood = checkCount(fields, 'min', open ? 1 : 0, reading);
  const maxGood = open || checkCount(fields, 'max', 1, reading);
  const within = fields.duration('within', 1) ?? undefined;
  const distinct = readDistinct(fields);
  if (!minGood || !maxGood) return undefined;
  const times = { min: fields.get('min') as number, max: fields.get('max') as number | undefined, within, distinct };
  if (times.max === undefined || times.max >= times.min) return times;
  const expected = `at least ${times.min}, the \`min\``;
  return reading.findings.problem('invalid-times', fields.at('max'), `\`max\` is below \`min\``, { found: shown(times.max), expected });
}

const FIELD_PATH = /^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$/;

function readDistinct(times: Fields): string | undefined {
  const expected = 'a field of the event, such as `cardId` or `device.id`';
  const path = times.has('distinct') ? times.text('distinct', expected) : undefined;
  if (path === undefined || FIELD_PATH.test(path)) return path;
  return times.findings.problem('invalid-field', times.at('distinct'), `\`${path}\` is not a field`, { found: shown(path), expected });
}

function checkCount(fields: Fields, key: string, least: number, { findings, limits }: Reading): boolean {
  const value = fields.get(key);
  if (typeof value !== 'number') {
    findings.wrongType(fields.at(key), value, 'a whole number');
    return false;
  }
  if (Number.isInteger(value) && value >= least && value <= limits.maxTimes) return true;
  const expected = `a whole number from ${least} to ${limits.maxTimes}`;
  findings.problem('invalid-times', fields.at(key), `\`${key}\` must be ${expected}`, { found: shown(value), expected });
  return false;
}
