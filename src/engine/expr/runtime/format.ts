import { CelError } from '../../event/cel-error.js';
import { tooLong } from './arithmetic.js';
import { charge } from './budget.js';
import { string } from './convert.js';
import { CelType, isMap, isNumeric, mapGet, mapKeys, MAX_TEXT, noOverload, plain } from './values.js';

const CLAUSE = /%(?:%|(?:\.(\d{1,3}))?([a-zA-Z]))|%/g;
/** Digits after the point that can be asked for; toFixed has no more. */
const MAX_PRECISION = 100;

/** "%s is %.2f".format([a, b]) of CEL's strings extension: %s %d %f %e %b %o %x %X %%. */
export function format(text: unknown, args: unknown): unknown {
  if (typeof text !== 'string' || !Array.isArray(args)) return noOverload('format', text, args);
  let result = '';
  let at = 0;
  let used = 0;
  for (const found of text.matchAll(CLAUSE)) {
    result += text.slice(at, found.index);
    at = found.index + found[0].length;
    if (found[0] === '%%') {
      result += '%';
      continue;
    }
    if (found[2] === undefined) return new CelError('format: % without a clause; write %% for a percent sign');
    if (used >= args.length) return new CelError(`format: index ${used} out of range`);
    const part = clause(found[2], found[1] === undefined ? 6 : Number(found[1]), plain(args[used++]));
    if (typeof part !== 'string') return part;
    const over = charge(part.length);
    if (over !== undefined) return over;
    result += part;
    if (result.length > MAX_TEXT) return tooLong();
  }
  if (used < args.length) return new CelError('format: more values than clauses');
  return result.length + text.length - at > MAX_TEXT ? tooLong() : result + text.slice(at);
}

function clause(kind: string, precision: number, v: unknown): string | CelError {
  if (precision > MAX_PRECISION) return new CelError(`format: at most ${MAX_PRECISION} digits`);
  switch (kind) {
    case 's':
      return textOf(v, MAX_TEXT);
    case 'd':
      return isNumeric(v) && (isWhole(v) || !Number.isFinite(Number(v))) ? String(v) : noOverload('format %d', v);
    case 'f':
      return isNumeric(v) ? fixed(Number(v), precision) : noOverload('format %f', v);
    case 'e':
      return isNumeric(v) ? scientific(Number(v), precision) : noOverload('format %e', v);
    case 'b':
      return typeof v === 'boolean' ? String(Number(v)) : inBase(kind, v, 2);
    case 'o':
      return inBase(kind, v, 8);
    case 'x':
      return hex(v);
    case 'X': {
      const digits = hex(v);
      return typeof digits === 'string' ? digits.toUpperCase() : digits;
    }
    default:
      return new CelError(`format: unrecognized formatting clause ${JSON.stringify(kind)}`);
  }
}

function isWhole(v: unknown): v is number | bigint {
  return typeof v === 'bigint' || Number.isInteger(v);
}

/** toFixed is exact but rounds halves up; CEL rounds them to even. */
function fixed(n: number, precision: number): string {
  if (!Number.isFinite(n) || Math.abs(n) >= 1e21) return String(n);
  const up = n.toFixed(precision);
  const scaled = Math.abs(n) * 10 ** precision;
  const isHalf = precision <= 15 && scaled < 2 ** 52 && scaled % 1 === 0.5 && scaled / 10 ** precision === Math.abs(n);
  if (!isHalf || Math.floor(scaled) % 2 === 1) return up;
  return (Math.sign(n) * (Math.floor(scaled) / 10 ** precision)).toFixed(precision);
}

/** At least two digits in the exponent. */
function scientific(n: number, precision: number): string {
  return Number.isFinite(n) ? n.toExponential(precision).replace(/e([+-])(\d)$/, 'e$10$2') : String(n);
}

function inBase(kind: string, v: unknown, base: number): string | CelError {
  return isWhole(v) ? v.toString(base) : noOverload(`format %${kind}`, v);
}

function hex(v: unknown): string | CelError {
  if (isWhole(v)) return v.toString(16);
  if (typeof v === 'string' || v instanceof Uint8Array) return Buffer.from(v as string).toString('hex');
  return noOverload('format %x', v);
}

/** %s of any value; maps in the order of their keys' text. `room` bounds what is built. */
function textOf(v: unknown, room: number): string | CelError {
  const value = plain(v);
  if (value === null) return 'null';
  if (value instanceof CelType) return value.name;
  if (Array.isArray(value))
    return joined(
      '[',
      value.map((item) => [item]),
      ']',
      room,
    );
  if (isMap(value)) {
    const entries = mapKeys(value).map((key) => [key, mapGet(value, key)]);
    return joined(
      '{',
      entries.sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
      '}',
      room,
    );
  }
  const text = typeof value === 'number' ? String(value) : string(value);
  return typeof text === 'string' ? text : noOverload('format %s', value);
}

function joined(open: string, items: readonly (readonly unknown[])[], close: string, room: number): string | CelError {
  let result = open;
  for (const item of items) {
    if (result.length > open.length) result += ', ';
    for (const [i, v] of item.entries()) {
      const text = textOf(v, room - result.length);
      if (typeof text !== 'string') return text;
      result += i === 0 ? text : `: ${text}`;
    }
    if (result.length > room) return tooLong();
  }
  return result + close;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

/** A text as a CEL literal in double quotes. */
export function quote(v: unknown): unknown {
  if (typeof v !== 'string') return noOverload('strings.quote', v);
  const quoted = `"${v.replace(/[\p{Cc}"\\]/gu, (c) => ESCAPES[c] ?? c)}"`;
  return quoted.length > MAX_TEXT ? tooLong() : quoted;
}

export function base64Encode(v: unknown): unknown {
  if (!(v instanceof Uint8Array)) return noOverload('base64.encode', v);
  return v.length > MAX_TEXT ? tooLong() : Buffer.from(v).toString('base64');
}

/** With or without padding. */
export function base64Decode(v: unknown): unknown {
  if (typeof v !== 'string') return noOverload('base64.decode', v);
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(v)) return new CelError('base64.decode: not base64');
  return new Uint8Array(Buffer.from(v, 'base64'));
}
