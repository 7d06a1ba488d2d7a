import { CelError } from '../../event/cel-error.js';
import { makeDuration, makeTimestamp } from './time-range.js';
import type { CelDuration, CelTimestamp } from './values.js';

const SECOND = 1_000_000_000n;
/** RFC 3339 date-time; the offset is required. */
const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
/** Go's duration units, and days. */
const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  ms: 1_000_000n,
  s: SECOND,
  m: 60n * SECOND,
  h: 3600n * SECOND,
  d: 86_400n * SECOND,
};
const PART = /(\d{1,19})(?:\.(\d{1,19}))?(ns|us|µs|ms|s|m|h|d)/y;

export function parseTimestamp(v: string | number | bigint): CelTimestamp | CelError {
  if (typeof v !== 'string') {
    return Number.isInteger(Number(v)) ? makeTimestamp(BigInt(v) * SECOND) : new CelError('timestamp: not a whole number of seconds');
  }
  const found = RFC3339.exec(v);
  const bad = new CelError(`timestamp: not an RFC 3339 time: ${JSON.stringify(v.slice(0, 40))}`);
  if (found === null) return bad;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const valid = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!valid || Number(found[9] ?? 0) > 23 || Number(found[10] ?? 0) > 59) return bad;
  const offset = (found[8] === '-' ? -1n : 1n) * (BigInt(found[9] ?? 0) * 3600n + BigInt(found[10] ?? 0) * 60n);
  return makeTimestamp((BigInt(date.getTime() / 1000) - offset) * SECOND + BigInt((found[7] ?? '').padEnd(9, '0')));
}

/** RFC 3339 in UTC, with as many digits of the second as needed. */
export function timestampText(t: CelTimestamp): string {
  const nanos = ((t.nanos % SECOND) + SECOND) % SECOND;
  const head = new Date(Number((t.nanos - nanos) / 1_000_000n)).toISOString().slice(0, 19);
  return `${head}${fraction(nanos)}Z`;
}

function fraction(nanos: bigint): string {
  return nanos === 0n ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`;
}

export function parseDurationText(text: string): CelDuration | CelError {
  const signed = text.startsWith('-') || text.startsWith('+');
  let at = signed ? 1 : 0;
  let total = 0n;
  if (text === '0' || (signed && text.slice(1) === '0')) return makeDuration(0n);
  do {
    PART.lastIndex = at;
    const found = PART.exec(text);
    if (found === null) return new CelError(`duration: not a duration: ${JSON.stringify(text.slice(0, 40))}`);
    const unit = UNITS[found[3]];
    total += BigInt(found[1]) * unit;
    if (found[2] !== undefined) total += (BigInt(found[2]) * unit) / 10n ** BigInt(found[2].length);
    at = PART.lastIndex;
  } while (at < text.length);
  return makeDuration(text.startsWith('-') ? -total : total);
}

/** Seconds: "90s", "-0.25s". */
export function durationText(d: CelDuration): string {
  const size = d.nanos < 0n ? -d.nanos : d.nanos;
  return `${d.nanos < 0n ? '-' : ''}${size / SECOND}${fraction(size % SECOND)}s`;
}
