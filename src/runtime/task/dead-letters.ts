import type { Event } from '../../engine/event/event.js';
import type { Output } from '../ports/outputs.js';

/** Puts events that cannot be used among the outputs. A letter's identity is the same on every replay. */
export class DeadLetters {
  constructor(readonly emit: (output: Output) => void) {}

  late(event: Event, watermark: number, cause: 'floor' | 'watermark'): void {
    this.#letter(event, 'late-event', '', `event time ${event.time} is at or below the ${cause} ${watermark} of its partition`, {
      watermark,
      cause,
    });
  }

  farFuture(event: Event, arrivalTime: number, limit: number): void {
    const message = `the event's time ${event.time} is more than ${limit} ms after its arrival at ${arrivalTime}`;
    this.#letter(event, 'far-future', '', message, {});
  }

  /** `evaluated`: the rule, or what else was stopped at this event. */
  stopped(event: Event, evaluated: string, message: string): void {
    this.#letter(event, 'rule-stopped', `/${evaluated}`, message, { cause: evaluated });
  }

  #letter(event: Event, code: string, suffix: string, message: string, more: { watermark?: number; cause?: string }): void {
    const { stream, partition, offset, time, raw } = event;
    const identity = `${stream}/${partition}/${offset}/${code}${suffix}`;
    this.emit({
      type: 'deadLetter',
      deadLetter: { identity, stream, partition, offset, code, message, time, ...more, raw: Uint8Array.prototype.slice.call(raw) },
    });
  }
}
