import type { Event } from '../../event/event.js';
import type { CompiledExpression } from '../../expr/index.js';
import type { Guard, Nfa } from '../../nfa/index.js';
import type { MatchOutput } from '../matcher.js';
import { PathView } from './path-view.js';
import type { Link } from './run.js';

/**
 * Tells which edges hold for the current event and run. Each condition is evaluated at most once per run,
 * and once per event if it looks at nothing else.
 */
export class GuardEvaluator {
  readonly #functions: readonly CompiledExpression[];
  readonly #nfa: Nfa;
  readonly #view: PathView;
  /** By condition: the round its value belongs to. */
  readonly #roundOf: number[];
  readonly #values: boolean[];
  #round = 0;
  #eventRound = 0;
  #event!: Event;
  #out!: MatchOutput;

  constructor(nfa: Nfa, functions: readonly CompiledExpression[]) {
    this.#nfa = nfa;
    this.#functions = nfa.conditions.map((condition) => functions[condition.expression]);
    this.#view = new PathView(nfa.stepNames.length);
    this.#roundOf = nfa.conditions.map(() => 0);
    this.#values = nfa.conditions.map(() => false);
  }

  beginEvent(event: Event, out: MatchOutput): void {
    this.#event = event;
    this.#out = out;
    this.#eventRound = ++this.#round;
  }

  beginRun(last: Link | undefined): void {
    this.#round++;
    this.#view.show(last);
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
    const value = this.#functions[number](this.#event, this.#view);
    if (typeof value !== 'boolean') this.#out.conditionError(expression, value);
    this.#roundOf[number] = round;
    return (this.#values[number] = value === true);
  }
}
