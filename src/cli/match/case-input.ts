/** Reading what the kinds of cases have in common. What is wrong is rejected, the rule's faults with their pointer. */
import type { JsonObject, JsonValue } from '../../engine/event/json-value.js';
import { Fields, Findings, isObject } from '../../engine/problem/fields.js';
import { shown } from '../../engine/problem/problem.js';
import { parseDuration } from '../../engine/time/duration.js';
import { MAX_WATERMARK, MIN_WATERMARK, type WatermarkSink, type WatermarkStatus } from '../../engine/time/watermark.js';
import { reject } from './case-error.js';

/** Reads the case's rule; the first of its problems rejects the case. */
export function readCaseRule<T>(rule: unknown, keys: readonly string[], read: (fields: Fields) => T | undefined): T {
  const findings = new Findings();
  const fields = Fields.of(rule, '', findings, keys);
  const result = fields && read(fields);
  const [problem] = findings.problems;
  if (problem !== undefined) reject(problem.code, problem.message, problem.pointer);
  return result as T;
}

/** A list of field names: the key. Absent: one key for all events. */
export function readKeyFields(fields: Fields): readonly string[] {
  return fields.texts('key', 'a list of field names', true) ?? [];
}

/** A duration that may be negative, ms. */
export function readSignedDuration(fields: Fields, key: string): number | undefined {
  const value = fields.get(key);
  const expected = 'a duration such as 250ms or -5s';
  if (value === undefined) return fields.missing(key, expected);
  const ms = typeof value === 'string' ? parseDuration(value, { allowNegative: true }) : undefined;
  if (ms !== undefined) return ms;
  return fields.findings.problem('invalid-duration', fields.at(key), `\`${key}\` is not a duration`, { found: shown(value), expected });
}

/** The items of `input`, with their indexes. */
export function inputOf(document: JsonObject): readonly JsonObject[] {
  const { input } = document;
  if (!Array.isArray(input)) reject('wrong-type', '`input` must be a list');
  for (const [index, item] of (input as JsonValue[]).entries()) {
    if (!isObject(item)) reject('wrong-type', `item ${index} of \`input\` must be an object`);
  }
  return input as JsonObject[];
}

/** A time of an item: a whole number of ms; `min` and `max` where a watermark may be without bounds. */
export function timeOf(value: unknown, index: number, { unbounded = false } = {}): number {
  if (unbounded && value === 'max') return MAX_WATERMARK;
  if (unbounded && value === 'min') return MIN_WATERMARK;
  if (!Number.isSafeInteger(value))
    reject('invalid-time', `item ${index}: a time must be a whole number of milliseconds, found ${shown(value)}`);
  return value as number;
}

/** The event of an item, and its `ts`. */
export function eventOf(value: unknown, index: number): { readonly event: JsonObject; readonly time: number } {
  if (!isObject(value)) reject('event-not-object', `item ${index}: an event must be an object`);
  const event = value as JsonObject;
  if (event.ts === undefined) reject('missing-time', `item ${index}: the event has no time: \`ts\` must be epoch milliseconds`);
  return { event, time: timeOf(event.ts, index) };
}

export function statusOf(value: unknown, index: number): WatermarkStatus {
  if (value === 'idle' || value === 'active') return value;
  return reject('invalid-value', `item ${index}: a status is idle or active, found ${shown(value)}`);
}

export function unknownItem(item: JsonObject, index: number): never {
  return reject('unknown-key', `item ${index} is none of those that this kind of case has: ${shown(Object.keys(item))}`);
}

/** The values of the key's fields; a missing one is null. */
export function keyOfEvent(event: JsonObject, fields: readonly string[]): JsonValue[] {
  return fields.map((field) => (Object.hasOwn(event, field) ? event[field] : null));
}

/** Times without bounds do not fit JSON: they are words. */
export function shownTime(time: number): number | 'min' | 'max' {
  if (time === MIN_WATERMARK) return 'min';
  return time === MAX_WATERMARK ? 'max' : time;
}

/** The rows that come out, each with the item while which it did. */
export class Rows<T extends object> {
  readonly rows: ({ readonly after: number } & T)[] = [];
  after = 0;

  add(row: T): void {
    this.rows.push({ after: this.after, ...row });
  }
}

export type WatermarkRow = { readonly watermark: number | 'min' | 'max' } | { readonly status: WatermarkStatus };

/** Watermarks and statuses as rows. */
export class WatermarkRows extends Rows<WatermarkRow> implements WatermarkSink {
  emitWatermark(time: number): void {
    this.add({ watermark: shownTime(time) });
  }

  emitWatermarkStatus(status: WatermarkStatus): void {
    this.add({ status });
  }
}
