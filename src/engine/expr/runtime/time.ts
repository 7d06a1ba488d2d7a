import { CelError } from '../../event/cel-error.js';
import { CelDuration, CelTimestamp, noOverload } from './values.js';
import { zoneFormat } from '../../time/zone-format.js';

const OFFSET = /^([+-])?(\d\d):(\d\d)$/;
const DAY = 86_400_000;

/** Formatters by zone name: making one takes 50 µs. Bounded, as names may come from events. */
const zones = new Map<string, Intl.DateTimeFormat | CelError>();
const MAX_ZONES = 100;

/** The time's fields in the zone, as the UTC fields of a Date. */
function local(t: CelTimestamp, zone: unknown): Date | CelError {
  const ms = Number((t.nanos - (((t.nanos % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n);
  if (zone === undefined) return new Date(ms);
  if (typeof zone !== 'string') return noOverload('time zone', zone);
  const offset = OFFSET.exec(zone);
  if (offset !== null) return new Date(ms + (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])) * 60_000);
  const format = formatter(zone);
  return format instanceof CelError ? format : inZone(ms, format);
}

function formatter(zone: string): Intl.DateTimeFormat | CelError {
  const known = zones.get(zone);
  if (known !== undefined) return known;
  if (zones.size >= MAX_ZONES) zones.clear();
  const made = makeFormatter(zone);
  zones.set(zone, made);
  return made;
}

function makeFormatter(timeZone: string): Intl.DateTimeFormat | CelError {
  try {
    return zoneFormat(timeZone);
  } catch {
    return new CelError(`unknown time zone: ${JSON.stringify(timeZone.slice(0, 40))}`);
  }
}

function inZone(ms: number, format: Intl.DateTimeFormat): Date {
  const parts: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(ms)) parts[type] = Number(value);
  const date = new Date(0);
  date.setUTCFullYear(parts.year, parts.month - 1, parts.day);
  date.setUTCHours(parts.hour, parts.minute, parts.second, ((ms % 1000) + 1000) % 1000);
  return date;
}

function dateField(name: string, read: (d: Date) => number): (v: unknown, zone?: unknown) => unknown {
  return (v, zone) => {
    if (!(v instanceof CelTimestamp)) return noOverload(name, v);
    const date = local(v, zone);
    return date instanceof CelError ? date : read(date);
  };
}

/** Fields that durations have too: there the whole span in that unit. */
function timeField(name: string, read: (d: Date) => number, unit: bigint, within?: bigint): (v: unknown, zone?: unknown) => unknown {
  const ofTime = dateField(name, read);
  return (v, zone) => {
    if (!(v instanceof CelDuration) || zone !== undefined) return ofTime(v, zone);
    return Number(within === undefined ? v.nanos / unit : (v.nanos % within) / unit);
  };
}

export const getFullYear = dateField('getFullYear', (d) => d.getUTCFullYear());
/** From 0. */
export const getMonth = dateField('getMonth', (d) => d.getUTCMonth());
/** Day of the month from 1. */
export const getDate = dateField('getDate', (d) => d.getUTCDate());
/** Day of the month from 0. */
export const getDayOfMonth = dateField('getDayOfMonth', (d) => d.getUTCDate() - 1);
/** From 0, Sunday. */
export const getDayOfWeek = dateField('getDayOfWeek', (d) => d.getUTCDay());
/** From 0. */
export const getDayOfYear = dateField('getDayOfYear', (d) => {
  const start = new Date(0);
  start.setUTCFullYear(d.getUTCFullYear(), 0, 1);
  return Math.floor((d.getTime() - start.getTime()) / DAY);
});
export const getHours = timeField('getHours', (d) => d.getUTCHours(), 3_600_000_000_000n);
export const getMinutes = timeField('getMinutes', (d) => d.getUTCMinutes(), 60_000_000_000n);
export const getSeconds = timeField('getSeconds', (d) => d.getUTCSeconds(), 1_000_000_000n);
export const getMilliseconds = timeField('getMilliseconds', (d) => d.getUTCMilliseconds(), 1_000_000n, 1_000_000_000n);
