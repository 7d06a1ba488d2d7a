import { decodeUtf8, JsonError, type JsonValue, readJson } from '../../engine/event/json-reader.js';
import type { StreamDefinition } from '../../engine/rule/definition.js';
import { checkFields } from '../../engine/rule/event-fields.js';
import { type EventFault, eventTime } from '../../engine/rule/event-time.js';
import type { Item } from './splitter.js';

export interface DecodeOptions {
  readonly maxEventBytes: number;
  /** Lists and objects inside each other. */
  readonly maxEventNesting: number;
  /** How far a time may lie after the arrival, ms. */
  readonly farFutureMs: number;
}

export interface DecodedItem {
  /** Epoch ms; the arrival time for streams without a time field. */
  readonly time: number;
}

/** An event that is refused; `time` when it could be read. */
export type ItemFault = EventFault & { readonly time?: number };

/** Looks at one event of a body: its bytes, its fields, its time. Pure; `arrivalTime` in epoch ms. */
export function decodeItem(item: Item, stream: StreamDefinition, arrivalTime: number, options: DecodeOptions): DecodedItem | ItemFault {
  if (item.tooLarge)
    return { code: 'event-too-large', message: `the event has ${item.size} bytes, at most ${options.maxEventBytes} are taken` };
  const value = readValue(item.bytes, options.maxEventNesting);
  if (value instanceof JsonError) return { code: value.code, message: `${value.message} (at ${value.offset})` };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { code: 'event-not-object', message: `an event is a JSON object, found ${kindOf(value)}` };
  }
  const wrong = checkFields(value, stream);
  if (wrong !== undefined) return wrong;
  const time = eventTime(value, stream, arrivalTime);
  if (typeof time !== 'number') return time;
  if (time > arrivalTime + options.farFutureMs) {
    return {
      code: 'far-future',
      message: `the event's time ${time} is more than ${options.farFutureMs} ms after its arrival at ${arrivalTime}`,
      time,
    };
  }
  return { time };
}

function readValue(bytes: Buffer, maxDepth: number): JsonValue | JsonError {
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
