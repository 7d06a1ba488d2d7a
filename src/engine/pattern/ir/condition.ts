/**
 * Whether a step takes an event: CEL, a function of the program that uses the library, or both joined.
 * A rule document holds only CEL.
 */
export type Condition = string | ConditionFunction | JoinedCondition;

/**
 * A condition as a function. With one parameter it is Flink's SimpleCondition and gets the event alone; with two it is
 * an IterativeCondition and may look at the events taken before. The event is the JSON object that came.
 * What it throws, and anything but a boolean, counts as a condition error and as false.
 */
export type ConditionFunction = (event: any, context: ConditionContext) => boolean;

/** The partial match that an iterative condition looks back into; valid during the call. */
export interface ConditionContext {
  /**
   * The events that a step has taken so far, in order; of a loop in its own condition, those before the current one.
   * @throws RangeError for a step that the condition cannot see
   */
  getEventsForPattern(step: string): readonly any[];
  /** The current event's time, epoch ms. */
  timestamp(): number;
}

/** Two conditions of which not both are CEL: two CEL texts are joined as text. */
export interface JoinedCondition {
  readonly join: 'and' | 'or';
  readonly left: Condition;
  readonly right: Condition;
}

export function joinConditions(join: 'and' | 'or', left: Condition, right: Condition): Condition {
  if (typeof left !== 'string' || typeof right !== 'string') return Object.freeze({ join, left, right });
  return join === 'and' ? `(${left}) && (${right})` : `(${left}) || (${right})`;
}

/** Can only a program have made it? */
export function isProgramCondition(value: unknown): value is ConditionFunction | JoinedCondition {
  return typeof value === 'function' || (typeof value === 'object' && value !== null && 'join' in value);
}

/** The CEL texts in a condition. */
export function celTexts(condition: Condition | undefined): string[] {
  if (typeof condition === 'string') return [condition];
  if (condition === undefined || typeof condition === 'function') return [];
  return [...celTexts(condition.left), ...celTexts(condition.right)];
}

/** A condition as people read it: CEL as it is, a function by its source on one line. */
export function conditionText(condition: Condition): string {
  if (typeof condition === 'string') return condition;
  if (typeof condition === 'function') return condition.toString().replace(/\s+/g, ' ');
  return `(${conditionText(condition.left)}) ${condition.join} (${conditionText(condition.right)})`;
}
