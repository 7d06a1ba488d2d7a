import { decodeUtf8, JsonError, type JsonValue, readJson } from '../event/json-reader.js';
import type { StreamDefinition } from './definition.js';
import { checkFields } from './event-fields.js';
import { type EventFault, eventTime } from './event-time.js';

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
  const value = readValue(bytes, limits.maxEventNesting);
  if (value instanceof JsonError) return { code: value.code, message: `${value.message} (at ${value.offset})` };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { code: 'event-not-object', message: `an event is a JSON object, found ${kindOf(value)}` };
  }
  const wrong = checkFields(value, stream);
  if (wrong !== undefined) return wrong;
  const time = eventTime(value, stream, arrivalTime);
  if (typeof time !== 'number' || arrivalTime === undefined || time <= arrivalTime + limits.farFutureMs) return time;
  const message = `the event's time ${time} is more than ${limits.farFutureMs} ms after its arrival at ${arrivalTime}`;
  return { code: 'far-future', message, time };
}

function readValue(bytes: Uint8Array, maxDepth: number): JsonValue | JsonError {
  try {
    return readJson(decodeUtf8(bytes), maxDepth);
  } catch (error) {
    if (error instanceof JsonError) return error;
    throw error;
  }
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value === 'bigint' ? 'number' : typeof value}`;
}
