import type { Event } from '../event/event.js';
import type { CompiledExpression, MatchView } from '../expr/index.js';
import type { Guard, Nfa } from '../nfa/index.js';
import type { MatchOutput } from './matcher.js';

/**
 * Tells which edges hold for the current event and a partial match, or one that stands for a set of them. A condition
 * that looks at the current event alone is evaluated at most once per event, another once per partial match; without
 * one it counts as false.
 */
export class GuardEvaluator {
  readonly #nfa: Nfa;
  readonly #functions: readonly CompiledExpression[];
  readonly #roundOf: number[];
  readonly #values: boolean[];
  #round = 0;
  #eventRound = 0;
  #event!: Event;
  #view: MatchView | undefined;
  #out!: MatchOutput;

  constructor(nfa: Nfa, functions: readonly CompiledExpression[]) {
    this.#nfa = nfa;
    this.#functions = nfa.conditions.map((condition) => functions[condition.expression]);
    this.#roundOf = nfa.conditions.map(() => 0);
    this.#values = nfa.conditions.map(() => false);
  }

  beginEvent(event: Event, out: MatchOutput): void {
    this.#event = event;
    this.#out = out;
    this.#view = undefined;
    this.#eventRound = ++this.#round;
  }

  beginMatch(view: MatchView | undefined): void {
    this.#view = view;
    this.#round++;
  }

  any(guards: readonly Guard[]): boolean {
    for (let i = 0; i < guards.length; i++) if (this.holds(guards[i])) return true;
    return false;
  }

  holds(guard: Guard): boolean {
    switch (guard.kind) {
      case 'true':
        return true;
      case 'condition':
        return this.#condition(guard.condition);
      case 'not':
        return !this.holds(guard.of);
      case 'and':
        return this.holds(guard.left) && this.holds(guard.right);
      case 'stream':
        return this.#event.stream === guard.name;
    }
  }

  #condition(number: number): boolean {
    const { eventOnly, expression } = this.#nfa.conditions[number];
    const round = eventOnly ? this.#eventRound : this.#round;
    if (this.#roundOf[number] === round) return this.#values[number];
    const value = eventOnly || this.#view !== undefined ? this.#functions[number](this.#event, this.#view ?? null) : false;
    if (typeof value !== 'boolean') this.#out.conditionError(expression, value);
    this.#roundOf[number] = round;
    return (this.#values[number] = value === true);
  }
}
