import type { StreamDefinition } from '../../engine/rule/definition.js';
import { decodeEvent, type EventLimits, type RefusedEvent } from '../../engine/rule/decode-event.js';
import type { Item } from './splitter.js';

/** Looks at one event of a body. Pure; `arrivalTime` and the time it gives in epoch ms. */
export function decodeItem(item: Item, stream: StreamDefinition, arrivalTime: number, limits: EventLimits): number | RefusedEvent {
  if (item.tooLarge)
    return { code: 'event-too-large', message: `the event has ${item.size} bytes, at most ${limits.maxEventBytes} are taken` };
  return decodeEvent(item.bytes, stream, arrivalTime, limits);
}
