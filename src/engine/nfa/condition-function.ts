import type { Event } from '../event/event.js';
import { CelError, type CompiledExpression, type ExpressionScope, type MatchView, plain } from '../expr/index.js';
import type { ConditionContext, ConditionFunction } from '../pattern/ir/condition.js';

/**
 * A function of the program as an expression of the table. One that declares no second parameter is called without
 * a context, so one evaluation serves all partial matches.
 */
export function functionExpression(
  condition: ConditionFunction,
  scope: ExpressionScope,
): { evaluate: CompiledExpression; eventOnly: boolean } {
  if (condition.length < 2) {
    const simple = condition as (event: unknown) => unknown;
    return { eventOnly: true, evaluate: (event) => orError(() => simple(plain(event))) };
  }
  const context = new RunContext(scope);
  const evaluate: CompiledExpression = (event, match) => orError(() => condition(plain(event), context.show(event, match)));
  return { eventOnly: false, evaluate };
}

function orError(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return new CelError(String(error));
  }
}

/** One object serves all calls of a condition. */
class RunContext implements ConditionContext {
  readonly #steps: ReadonlyMap<string, number>;
  #event: Event | null = null;
  #match: MatchView | null = null;

  constructor({ steps }: ExpressionScope) {
    this.#steps = new Map(steps.flatMap((step, number) => (step === undefined ? [] : [[step.name, number]])));
  }

  show(event: Event | null, match: MatchView | null): this {
    this.#event = event;
    this.#match = match;
    return this;
  }

  getEventsForPattern(step: string): readonly unknown[] {
    const number = this.#steps.get(step);
    if (number === undefined) throw new RangeError(`there is no step \`${step}\` before or at this condition`);
    return (this.#match?.events(number) ?? []).map(plain);
  }

  timestamp(): number {
    return this.#event?.time ?? Number.NaN;
  }
}
