import { parseIsoTime } from '../event/decode/iso-time.js';
import { shown } from '../problem/problem.js';
import type { StreamDefinition, TimeDefinition } from './definition.js';

/** Why an event cannot be used. */
export interface EventFault {
  readonly code: string;
  readonly message: string;
}

/** Years 1 to 9999: what ISO 8601 can write, and far more than any event's time. */
const EARLIEST = -62_135_596_800_000;
const LATEST = 253_402_300_799_999;

/**
 * The event's time, epoch ms, from the field its stream names; `arrivalTime` when it names none.
 * Fractions below a millisecond are cut off towards the past.
 */
export function eventTime(value: Readonly<Record<string, unknown>>, stream: StreamDefinition, arrivalTime?: number): number | EventFault {
  return stream.time === undefined ? arrivalTimeOf(stream, arrivalTime) : timeFrom(atPath(value, stream.time.path), stream.time);
}

/** Of an event whose stream names no time field. */
export function arrivalTimeOf(stream: StreamDefinition, arrivalTime: number | undefined): number | EventFault {
  return arrivalTime ?? { code: 'missing-time', message: `stream ${stream.name} names no time field and the event has no arrival time` };
}

/** From what was found in the time field; undefined where there is none. */
export function timeFrom(found: unknown, definition: TimeDefinition): number | EventFault {
  if (found === undefined) return { code: 'missing-time', message: `the event has no field \`${definition.field}\`` };
  const time = typeof found === 'string' ? fromText(found, definition) : fromNumber(found, definition);
  if (typeof time !== 'number') return time;
  if (time >= EARLIEST && time <= LATEST) return time;
  return invalid(definition, found, 'is outside the years 1 to 9999');
}

/** A value inside an event by its dotted path; own fields only, so `__proto__` is a field like others. */
export function atPath(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

function fromNumber(found: unknown, { format, field }: TimeDefinition): number | EventFault {
  if (format === 'iso8601' || (typeof found !== 'number' && typeof found !== 'bigint')) {
    return invalid({ field }, found, format === 'iso8601' ? 'is not an ISO 8601 text' : 'is not a number');
  }
  // A double of seconds times 1000 may fall just below the millisecond it means: microseconds are rounded first.
  return Math.floor(format === 'epochMillis' ? Number(found) : Math.round(Number(found) * 1e6) / 1e3);
}

function fromText(found: string, { format, field, zone }: TimeDefinition): number | EventFault {
  if (format !== 'iso8601') return invalid({ field }, found, 'is a text, not a number');
  const time = parseIsoTime(found, zone);
  if (time === 'not-a-time') return invalid({ field }, found, 'is not an ISO 8601 time');
  if (time === 'no-offset') return invalid({ field }, found, 'has no offset and the stream names no zone');
  return time;
}

function invalid({ field }: { readonly field: string }, found: unknown, why: string): EventFault {
  return { code: 'invalid-time', message: `\`${field}\` ${why}: ${shown(found)}` };
}
