import { CelError } from '../event/cel-error.js';
import { FieldLayout } from '../event/field-layout.js';
import { decodeUtf8, JsonError, type JsonValue, readJson } from '../event/json-reader.js';
import type { FieldType, StreamDefinition } from './definition.js';
import { checkField } from './event-fields.js';
import { arrivalTimeOf, atPath, type EventFault, timeFrom } from './event-time.js';

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
  const judge = judgeOf(stream, limits);
  const fields = judge.decode(bytes);
  return Array.isArray(fields) ? judge.timeOf(fields, arrivalTime) : fields;
}

/**
 * Looks at events of a stream by the fields that decide whether one is taken, and its time: those of the schema, and
 * the one that holds the time. The scanner checks all the bytes, and decodes only what the layout holds.
 */
export class EventJudge {
  readonly #schema: readonly { readonly name: string; readonly type: FieldType; readonly slot: number }[];
  /** Of the field that holds the time, or that it is inside of. */
  readonly #timeSlot: number;
  readonly #timePath: readonly string[];

  /** The layout may hold the fields of others as well. */
  constructor(
    readonly stream: StreamDefinition,
    readonly layout: FieldLayout,
    readonly limits: EventLimits,
  ) {
    const [first, ...rest] = stream.time?.path ?? [];
    this.#schema = Object.entries(stream.fields ?? {}).map(([name, type]) => ({ name, type, slot: layout.slot(name) }));
    this.#timeSlot = first === undefined ? -1 : layout.slot(first);
    this.#timePath = rest;
  }

  /** The event's fields by slot of the layout, or why the bytes from `start` to before `end` are no event. */
  decode(bytes: Uint8Array, start = 0, end = bytes.length): unknown[] | RefusedEvent {
    const { maxEventBytes, maxEventNesting } = this.limits;
    if (end - start > maxEventBytes)
      return { code: 'event-too-large', message: `the event has ${end - start} bytes, at most ${maxEventBytes} are taken` };
    try {
      return this.layout.decode(bytes, maxEventNesting, start, end);
    } catch (error) {
      if (error instanceof JsonError) return faultOf(bytes.subarray(start, end), maxEventNesting);
      throw error;
    }
  }

  /** The event's time, epoch ms, or why it is refused. */
  timeOf(fields: readonly unknown[], arrivalTime: number | undefined): number | RefusedEvent {
    for (const { name, type, slot } of this.#schema) {
      const wrong = checkField(name, type, present(fields[slot]));
      if (wrong !== undefined) return wrong;
    }
    const { time: definition } = this.stream;
    const time =
      definition === undefined
        ? arrivalTimeOf(this.stream, arrivalTime)
        : timeFrom(atPath(present(fields[this.#timeSlot]), this.#timePath), definition);
    if (typeof time !== 'number' || arrivalTime === undefined || time <= arrivalTime + this.limits.farFutureMs) return time;
    const message = `the event's time ${time} is more than ${this.limits.farFutureMs} ms after its arrival at ${arrivalTime}`;
    return { code: 'far-future', message, time };
  }
}

/** Undefined for a field that is not there. */
function present(field: unknown): unknown {
  return field instanceof CelError ? undefined : field;
}

/** A definition is frozen, so what was made for it stays right as long as it lives. */
const judges = new WeakMap<StreamDefinition, EventJudge>();

function judgeOf(stream: StreamDefinition, limits: EventLimits): EventJudge {
  const known = judges.get(stream);
  if (known?.limits === limits) return known;
  const made = new EventJudge(stream, new FieldLayout(limits.maxEventNesting), limits);
  judges.set(stream, made);
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
