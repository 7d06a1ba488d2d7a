import { zoneFormat } from '../../time/zone-format.js';

/**
 * ISO 8601 date-times as event times (the profile of RFC 3339, seconds and offset optional).
 * Local times without an offset need a zone; the rules for them are those of java.time.ZonedDateTime.ofLocal.
 */
const PATTERN = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?(?:([Zz])|([+-])(\d{2}):?(\d{2})?)?$/;

export type IsoTimeFault = 'not-a-time' | 'no-offset';

/**
 * Reads an ISO 8601 date-time into epoch ms (fractions below a millisecond are cut off).
 * `zone` is an IANA name for times without offset; without one they are the fault 'no-offset'.
 */
export function parseIsoTime(text: string, zone?: string): number | IsoTimeFault {
  const found = PATTERN.exec(text);
  if (found === null) return 'not-a-time';
  const [year, month, day, hour, minute] = found.slice(1, 6).map(Number);
  const second = Number(found[6] ?? 0);
  if (hour > 23 || minute > 59 || second > 59) return 'not-a-time';
  const millis = Number((found[7] ?? '').padEnd(3, '0').slice(0, 3));
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return 'not-a-time';
  const local = date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + millis;
  if (found[8] !== undefined) return local;
  if (found[9] === undefined) return zone === undefined ? 'no-offset' : localToEpoch(local, zone);
  const [offsetHours, offsetMinutes] = [Number(found[10]), Number(found[11] ?? 0)];
  if (offsetHours > 18 || offsetMinutes > 59) return 'not-a-time';
  return local - (found[9] === '-' ? -1 : 1) * (offsetHours * 60 + offsetMinutes) * 60_000;
}

/** A repeated local time takes the earlier offset; one that a gap leaves out moves on by the gap. */
export function localToEpoch(local: number, zone: string): number {
  const before = zoneOffset(local - 86_400_000, zone);
  const after = zoneOffset(local + 86_400_000, zone);
  for (const offset of [before, after]) {
    if (zoneOffset(local - offset, zone) === offset) return local - offset;
  }
  return local - before;
}

/** True when `name` is a zone of the IANA database known here. */
export function isZone(name: string): boolean {
  try {
    // Throws a RangeError on a name it does not know.
    Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Offsets change on whole quarters of an hour, so one look-up serves a quarter. */
const QUARTER_MS = 900_000;
const MAX_CACHED = 4_096;
const formats = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, number>();

/** The zone's offset from UTC at a moment, ms. Intl takes microseconds for it, hence the cache. */
export function zoneOffset(time: number, zone: string): number {
  const quarter = Math.floor(time / QUARTER_MS);
  const cacheKey = `${zone}/${quarter}`;
  const cached = offsets.get(cacheKey);
  if (cached !== undefined) return cached;
  let format = formats.get(zone);
  if (format === undefined) {
    format = zoneFormat(zone);
    formats.set(zone, format);
  }
  const moment = quarter * QUARTER_MS;
  const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
  const wall = new Date(0);
  wall.setUTCFullYear(parts.era === 'BC' ? 1 - Number(parts.year) : Number(parts.year), Number(parts.month) - 1, Number(parts.day));
  const offset = wall.setUTCHours(Number(parts.hour), Number(parts.minute), Number(parts.second)) - moment;
  if (offsets.size >= MAX_CACHED) offsets.clear();
  offsets.set(cacheKey, offset);
  return offset;
}
