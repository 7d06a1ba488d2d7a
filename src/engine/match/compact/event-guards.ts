import type { Event } from '../../event/event.js';
import type { CompiledExpression } from '../../expr/index.js';
import type { Guard, Nfa } from '../../nfa/index.js';
import type { MatchOutput } from '../matcher.js';

/** Guards of conditions that look at the current event alone: each condition is evaluated at most once per event. */
export class EventGuards {
  readonly #nfa: Nfa;
  readonly #functions: readonly CompiledExpression[];
  readonly #roundOf: number[];
  readonly #values: boolean[];
  #round = 0;
  #event!: Event;
  #out!: MatchOutput;

  constructor(nfa: Nfa, functions: readonly CompiledExpression[]) {
    this.#nfa = nfa;
    this.#functions = nfa.conditions.map((condition) => functions[condition.expression]);
    this.#roundOf = nfa.conditions.map(() => 0);
    this.#values = nfa.conditions.map(() => false);
  }

  begin(event: Event, out: MatchOutput): void {
    this.#event = event;
    this.#out = out;
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
    if (this.#roundOf[number] === this.#round) return this.#values[number];
    const value = this.#functions[number](this.#event, null);
    if (typeof value !== 'boolean') this.#out.conditionError(this.#nfa.conditions[number].expression, value);
    this.#roundOf[number] = this.#round;
    return (this.#values[number] = value === true);
  }
}
