import { CelError } from '../event/cel-error.js';
import { FieldLayout } from '../event/field-layout.js';
import { decodeUtf8, JsonError, type JsonObject, type JsonValue, readJson } from '../event/json-reader.js';
import type { StreamDefinition } from './definition.js';
import { checkFields } from './event-fields.js';
import { type EventFault, eventTime } from './event-time.js';

/** Times of events, epoch ms: from `since`, and before `until`. */
export interface TimeRange {
  readonly since: number;
  readonly until: number;
}

export interface EventLimits {
  readonly maxEventBytes: number;
  /** Lists and objects inside each other. */
  readonly maxEventNesting: number;
  /** How far a time may lie after the arrival, ms. */
  readonly farFutureMs: number;
}

/** Why an event is refused; `time` when it could be read. */
export type RefusedEvent = EventFault & { readonly time?: number };

/**
 * Looks at the bytes of one event: its JSON, its fields, its time. Gives the time (epoch ms; the arrival time for
 * streams without a time field), or why the event is refused. `arrivalTime`: when the log or the broker took it.
 */
export function decodeEvent(
  bytes: Uint8Array,
  stream: StreamDefinition,
  arrivalTime: number | undefined,
  limits: EventLimits,
): number | RefusedEvent {
  if (bytes.length > limits.maxEventBytes)
    return { code: 'event-too-large', message: `the event has ${bytes.length} bytes, at most ${limits.maxEventBytes} are taken` };
  const value = judgedFieldsOf(stream, limits.maxEventNesting).read(bytes);
  if (value === undefined) return faultOf(bytes, limits.maxEventNesting);
  const wrong = checkFields(value, stream);
  if (wrong !== undefined) return wrong;
  const time = eventTime(value, stream, arrivalTime);
  if (typeof time !== 'number' || arrivalTime === undefined || time <= arrivalTime + limits.farFutureMs) return time;
  const message = `the event's time ${time} is more than ${limits.farFutureMs} ms after its arrival at ${arrivalTime}`;
  return { code: 'far-future', message, time };
}

/**
 * The fields that decide whether an event is taken, and its time: those of the schema, and the one that holds the time.
 * The scanner checks all the bytes, and decodes these alone: a third of the time of reading the whole event.
 */
class JudgedFields {
  readonly #layout: FieldLayout;
  readonly #names: readonly string[];

  constructor(
    { fields, time }: StreamDefinition,
    readonly maxNesting: number,
  ) {
    this.#layout = new FieldLayout(maxNesting);
    this.#names = [...new Set([...Object.keys(fields ?? {}), ...(time === undefined ? [] : [time.path[0]])])];
    for (const name of this.#names) this.#layout.slot(name);
  }

  /** Those that are there; undefined when the bytes are no event. */
  read(bytes: Uint8Array): JsonObject | undefined {
    try {
      const values = this.#layout.decode(bytes);
      const present = this.#names.filter((name) => !(values[this.#layout.slot(name)] instanceof CelError));
      return Object.fromEntries(present.map((name) => [name, values[this.#layout.slot(name)] as JsonValue]));
    } catch (error) {
      if (error instanceof JsonError) return undefined;
      throw error;
    }
  }
}

/** A definition is frozen, so what was made for it stays right as long as it lives. */
const judged = new WeakMap<StreamDefinition, JudgedFields>();

function judgedFieldsOf(stream: StreamDefinition, maxNesting: number): JudgedFields {
  const known = judged.get(stream);
  if (known?.maxNesting === maxNesting) return known;
  const made = new JudgedFields(stream, maxNesting);
  judged.set(stream, made);
  return made;
}

/** What is wrong with bytes that are no event, from the reader that knows where. */
function faultOf(bytes: Uint8Array, maxDepth: number): RefusedEvent {
  try {
    const value = readJson(decodeUtf8(bytes), maxDepth);
    return { code: 'event-not-object', message: `an event is a JSON object, found ${kindOf(value)}` };
  } catch (error) {
    if (error instanceof JsonError) return { code: error.code, message: `${error.message} (at ${error.offset})` };
    throw error;
  }
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value === 'bigint' ? 'number' : typeof value}`;
}
