import type { LoopStep } from './ir/loop-step.js';

/**
 * `times.distinct` as a condition of its own: no event that the loop has taken has the current one's value.
 * An event without the field gives an error, so it is not taken. Undefined without `distinct`.
 */
export function distinctCondition({ name, times: { distinct } }: LoopStep): string | undefined {
  if (distinct === undefined) return undefined;
  return `!${name}.exists(taken, taken.${distinct} == event.${distinct})`;
}
