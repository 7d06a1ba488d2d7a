import { CelError } from '../../event/cel-error.js';
import { Event } from '../../event/event.js';
import { string } from './convert.js';
import { CelDuration, CelTimestamp, isMap, mapGet, mapKeys, plain } from './values.js';

const decoder = new TextDecoder();

/**
 * A value as JSON text: big integers exact, events as their own bytes, timestamps and durations as CEL
 * writes them, bytes in base64. Errors, NaN and infinities are null.
 */
export function toJsonText(v: unknown): string {
  if (v instanceof Event) return decoder.decode(v.raw);
  if (typeof v === 'bigint') return v.toString();
  if (typeof v !== 'object' || v === null) return JSON.stringify(v) ?? 'null';
  if (Array.isArray(v)) return `[${v.map(toJsonText).join(',')}]`;
  if (v instanceof CelTimestamp || v instanceof CelDuration) return JSON.stringify(string(v));
  if (v instanceof Uint8Array) return JSON.stringify(Buffer.from(v).toString('base64'));
  if (v instanceof CelError) return 'null';
  return isMap(v)
    ? `{${mapKeys(v)
        .map((k) => `${JSON.stringify(String(k))}:${toJsonText(mapGet(v, k))}`)
        .join(',')}}`
    : 'null';
}

/** A value inside a template: text as it is, errors as nothing, lists and maps as JSON. */
export function render(v: unknown): string {
  if (v instanceof CelError) return '';
  if (typeof v === 'string') return v;
  const value = plain(v);
  if (Array.isArray(value) || isMap(value)) return toJsonText(v);
  const text = string(value);
  return typeof text === 'string' ? text : toJsonText(value);
}

/** The parts of a template, joined. */
export function renderAll(...parts: readonly unknown[]): string {
  return parts.map(render).join('');
}
