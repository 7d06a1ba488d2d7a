import type { Event } from '../../engine/event/event.js';
import type { RefusedEvent } from '../../engine/rule/decode-event.js';
import type { Output } from '../ports/outputs.js';
import type { Partition } from './stream-set.js';

/** Puts events that cannot be used among the outputs. A letter's identity is the same on every replay. */
export class DeadLetters {
  constructor(readonly emit: (output: Output) => void) {}

  late(event: Event, watermark: number, cause: 'floor' | 'watermark'): void {
    this.#letter(event, 'late-event', '', `event time ${event.time} is at or below the ${cause} ${watermark} of its partition`, {
      watermark,
      cause,
    });
  }

  /** Late for some of its rules. */
  passed(event: Event, watermark: number): void {
    const message = `event time ${event.time} is at or below ${watermark}, where rules with \`onStall: continue\` stood when its partition came back`;
    this.#letter(event, 'late-event', '/stall', message, { watermark, cause: 'stall' });
  }

  farFuture(event: Event, arrivalTime: number, limit: number): void {
    const message = `the event's time ${event.time} is more than ${limit} ms after its arrival at ${arrivalTime}`;
    this.#letter(event, 'far-future', '', message, {});
  }

  /** `evaluated`: the rule, or what else was stopped at this event. */
  stopped(event: Event, evaluated: string, message: string): void {
    this.#letter(event, 'rule-stopped', `/${evaluated}`, message, { cause: evaluated });
  }

  /** The record at `offset` is no event of its stream. */
  refused({ clock }: Partition, offset: number, raw: Uint8Array, { code, message, time }: RefusedEvent): void {
    this.#emit(clock, offset, code, '', message, raw, { time });
  }

  /** Events that the source dropped before they were read: an incident, told once, at the first of them. */
  lost({ clock }: Partition, offset: number, count: number): void {
    this.#emit(clock, offset, 'events-lost', '', `${count} events lost to retention, from offset ${offset} on`, new Uint8Array(), {});
  }

  #letter(event: Event, code: string, suffix: string, message: string, more: { watermark?: number; cause?: string }): void {
    const { offset, time, raw } = event;
    this.#emit(event, offset, code, suffix, message, raw, { time, ...more });
  }

  #emit(
    { stream, partition }: { readonly stream: string; readonly partition: number },
    offset: number,
    code: string,
    suffix: string,
    message: string,
    raw: Uint8Array,
    more: { time?: number; watermark?: number; cause?: string },
  ): void {
    const identity = `${stream}/${partition}/${offset}/${code}${suffix}`;
    this.emit({
      type: 'deadLetter',
      deadLetter: { identity, stream, partition, offset, code, message, ...more, raw: Uint8Array.prototype.slice.call(raw) },
    });
  }
}
