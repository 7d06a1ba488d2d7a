import type { Event, EventPosition } from '../../engine/event/event.js';
import type { DeadLetters } from './dead-letters.js';
import type { EvaluationNote } from './evaluation-note.js';

export interface PoisonedEvent extends EventPosition {
  readonly rule: string;
}

/** The rule is to be stopped before its deadlines at `time`, epoch ms. */
export interface PoisonedDeadline {
  readonly rule: string;
  readonly time: number;
}

/** Stands for a rule where a stream's own expression is evaluated; no rule can be called so. */
const STREAM_ID = 'id of the stream';

/**
 * Stands before each evaluation: notes it for the watchdog, and keeps rules out from the very event or
 * deadline on at which they are stopped. What stops a rule is in the journal (poison) or in its state (limits).
 */
export class RuleGuard {
  readonly poison = new Map<string, PoisonedEvent>();
  readonly poisonDeadlines: PoisonedDeadline[] = [];
  /** Rules stopped during this release; the task pauses them after it. */
  readonly #stopped = new Map<string, 'limit' | 'watchdog'>();

  constructor(
    readonly note: EvaluationNote,
    readonly letters: DeadLetters,
  ) {}

  addPoison(poison: PoisonedEvent): void {
    this.poison.set(poisonName(poison.rule, poison), poison);
  }

  addPoisonDeadline({ rule, time }: PoisonedDeadline): void {
    if (!this.poisonDeadlines.some((known) => known.rule === rule && known.time === time)) this.poisonDeadlines.push({ rule, time });
  }

  /** From here on the rule sees nothing. It may be in the midst of an evaluation, which it ends. */
  stop(rule: string, reason: 'limit' | 'watchdog'): void {
    this.#stopped.set(rule, reason);
  }

  /** The rules stopped since it was asked last. */
  takeStopped(): [rule: string, reason: 'limit' | 'watchdog'][] {
    if (this.#stopped.size === 0) return [];
    const stopped = [...this.#stopped];
    this.#stopped.clear();
    return stopped;
  }

  /** Whether the rule may evaluate the event. */
  admitEvent(rule: string, event: Event): boolean {
    if (this.#stopped.size > 0 && this.#stopped.has(rule)) return false;
    this.note.evaluation(rule, event);
    if (!this.#isPoison(rule, event)) return true;
    this.letters.stopped(event, rule, `rule "${rule}" was stopped: evaluating this event did not end in time`);
    this.stop(rule, 'watchdog');
    return false;
  }

  /** Whether the rule may evaluate its deadline at `time`, epoch ms. */
  admitDeadline(rule: string, time: number): boolean {
    if (this.#stopped.size > 0 && this.#stopped.has(rule)) return false;
    this.note.deadline(rule, time);
    if (!this.poisonDeadlines.some((poison) => poison.rule === rule && poison.time === time)) return true;
    this.stop(rule, 'watchdog');
    return false;
  }

  /** Whether the stream's `id` may be evaluated; where it did not end in time, the event goes on under its position. */
  admitStreamId(event: Event): boolean {
    this.note.evaluation(STREAM_ID, event);
    if (!this.#isPoison(STREAM_ID, event)) return true;
    const message = `the \`id\` of stream "${event.stream}" was stopped: evaluating this event did not end in time`;
    this.letters.stopped(event, STREAM_ID, message);
    return false;
  }

  #isPoison(rule: string, event: Event): boolean {
    return this.poison.size > 0 && this.poison.has(poisonName(rule, event));
  }
}

function poisonName(rule: string, { stream, partition, offset }: EventPosition): string {
  return `${rule} ${stream}/${partition}/${offset}`;
}
