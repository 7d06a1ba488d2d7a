/** Events of a file, one JSON object a line; an item may be {"$stream": name, "event": {…}}. */
import { decodeUtf8, JsonError, type JsonObject, readJson } from '../engine/event/json-reader.js';
import { checkFields, type EventFault, eventTime, type RuleDefinition, type StreamDefinition } from '../engine/rule/index.js';
import type { SimulatedEvent } from '../runtime/simulate.js';

export interface EventFile {
  readonly events: readonly SimulatedEvent[];
  /** Item number in the file (from 0, blank lines not counted) of each event. */
  readonly items: readonly number[];
  /** Line in the file, from 1, of each event. */
  readonly lineNumbers: readonly number[];
  readonly rejected: readonly { readonly line: number; readonly code: string; readonly message: string }[];
}

/** The stream of events without a definition: its time is the field `ts`, epoch ms. */
export function plainStream(name: string): StreamDefinition {
  return {
    name,
    source: { kind: 'http', partitions: 1 },
    time: { field: 'ts', path: ['ts'], format: 'epochMillis' },
    outOfOrderness: 0,
    idleAfter: null,
    quietAfter: null,
  };
}

/** Reads all events of a file for a rule; what cannot be used is in `rejected`. */
export function readEventFile(bytes: Buffer, rule: RuleDefinition, streams: ReadonlyMap<string, StreamDefinition>): EventFile {
  const events: SimulatedEvent[] = [];
  const items: number[] = [];
  const lineNumbers: number[] = [];
  const rejected: { line: number; code: string; message: string }[] = [];
  let item = 0;
  for (const { line, raw } of linesOf(bytes)) {
    const event = readItem(raw, rule, streams);
    if ('code' in event) rejected.push({ line, ...event });
    else {
      events.push(event);
      items.push(item);
      lineNumbers.push(line);
    }
    item++;
  }
  return { events, items, lineNumbers, rejected };
}

/** The lines that are not blank, without their ends. */
function* linesOf(bytes: Buffer): Iterable<{ line: number; raw: Buffer }> {
  let start = 0;
  for (let line = 1; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    const raw = bytes.subarray(start, bytes[end - 1] === 0x0d && end > start ? end - 1 : end);
    if (raw.some((byte) => byte !== 0x20 && byte !== 0x09)) yield { line, raw };
    start = end + 1;
  }
}

function readItem(bytes: Buffer, rule: RuleDefinition, streams: ReadonlyMap<string, StreamDefinition>): SimulatedEvent | EventFault {
  let raw = bytes;
  let value = parseObject(raw);
  let name = rule.from[0];
  if (value instanceof JsonError) return { code: value.code, message: value.message };
  if (Object.hasOwn(value, '$stream')) {
    if (typeof value.$stream !== 'string' || !rule.from.includes(value.$stream)) {
      return { code: 'unknown-stream', message: `the rule does not read the stream ${JSON.stringify(value.$stream)}` };
    }
    name = value.$stream;
    const inner = memberBytes(raw, 'event');
    raw = inner ?? raw;
    value =
      inner === undefined ? new JsonError('event-not-object', 'an item with `$stream` needs `event`, an object', 0) : parseObject(inner);
    if (value instanceof JsonError) return { code: value.code, message: value.message };
  }
  const stream = streams.get(name) ?? plainStream(name);
  const wrong = checkFields(value, stream);
  if (wrong !== undefined) return wrong;
  // Without a time field of its own a stream's events have arrival times, which a file does not: `ts` serves.
  const time = eventTime(value, stream.time === undefined ? plainStream(name) : stream);
  return typeof time === 'number' ? { stream: name, time, raw } : time;
}

function parseObject(raw: Uint8Array): JsonObject | JsonError {
  try {
    const value = readJson(decodeUtf8(raw));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
    return new JsonError('event-not-object', 'an event is a JSON object', 0);
  } catch (error) {
    if (error instanceof JsonError) return new JsonError(error.code, `${error.message} (at ${error.offset})`, error.offset);
    throw error;
  }
}

/** The bytes of a top-level member's value, as they stand; the JSON is valid. The last of equal names wins. */
export function memberBytes(json: Buffer, name: string): Buffer | undefined {
  let depth = 0;
  let found: Buffer | undefined;
  let valueStart = -1;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === 0x22) {
      const end = stringEnd(json, at);
      const isKey = depth === 1 && valueStart < 0;
      const key = isKey ? (JSON.parse(json.toString('utf8', at, end)) as string) : '';
      at = end - 1;
      if (isKey) valueStart = key === name ? json.indexOf(0x3a, end) + 1 : 0;
    } else if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d || byte === 0x2c) {
      if (depth === 1) {
        if (valueStart > 0) found = json.subarray(valueStart, at);
        valueStart = -1;
      }
      if (byte !== 0x2c) depth--;
    }
  }
  return found;
}

/** The index after a string's closing quote. */
function stringEnd(json: Buffer, start: number): number {
  for (let at = start + 1; at < json.length; at++) {
    if (json[at] === 0x5c) at++;
    else if (json[at] === 0x22) return at + 1;
  }
  return json.length;
}
