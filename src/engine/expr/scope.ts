import type { Event } from '../event/event.js';
import type { Problem } from '../problem/problem.js';

/** One step as a condition sees it; its index in ExpressionScope.steps is the step's index in MatchView. */
export interface StepBinding {
  readonly name: string;
  /** `one`: the name is the step's event. `many`: the list of its events so far. */
  readonly kind: 'one' | 'many';
}

/** The types a stream's schema may give a field. */
export type FieldType = 'double' | 'string' | 'boolean' | 'list' | 'object';

/** What the names in an expression mean. */
export interface ExpressionScope {
  /** Is there a current event, whose fields are reached by their bare names? */
  readonly event: boolean;
  /** Visible steps by step index; they hide fields of the same name. */
  readonly steps: readonly (StepBinding | undefined)[];
  /** The stream's schema: with one, an unknown field is a problem, and types are checked where evident. */
  readonly fields?: Readonly<Record<string, FieldType>>;
  /** More names, such as `key` in an alert's title; by index in MatchView.values. */
  readonly values?: readonly string[];
  /** Names of the lists that there are: with them, another name is a problem. */
  readonly lists?: readonly string[];
  /** A call of an unknown function is no problem but an error when it is evaluated, as in CEL without its checker. */
  readonly unchecked?: boolean;
}

/** Bounds on one expression, kept before and right after parsing. */
export interface ExpressionLimits {
  /** UTF-16 code units. */
  readonly maxLength: number;
  /** Brackets open at once, checked before parsing; operators may nest four times as deep. */
  readonly maxNesting: number;
  /** Nodes of the syntax tree: bounds the generated function. */
  readonly maxNodes: number;
}

/** V8 gives up optimising functions beyond some 60 KB of bytecode; 1,000 nodes stay below. */
export const DEFAULT_LIMITS: ExpressionLimits = { maxLength: 4096, maxNesting: 64, maxNodes: 1000 };

/** Something wrong in an expression; the caller knows the pointer to the expression itself. */
export interface ExpressionProblem extends Omit<Problem, 'pointer' | 'line' | 'column'> {
  /** UTF-16 code units from the expression's start. */
  readonly position: number;
}

/** The partial match that a condition looks back into. */
export interface MatchView {
  /** The events that a step has taken so far, in order. The other methods give parts of it without making the list. */
  events(step: number): readonly Event[];
  first(step: number): Event | undefined;
  last(step: number): Event | undefined;
  size(step: number): number;
  /** By index of ExpressionScope.values. */
  readonly values?: readonly unknown[];
}

/** Gives a value or a CelError; never throws. Without a current event or match, what needs them is an error. */
export type CompiledExpression = (event: Event | null, match: MatchView | null) => unknown;

/** A match whose steps' events are at hand as lists. */
export class ListView implements MatchView {
  constructor(
    readonly events: (step: number) => readonly Event[],
    readonly values?: readonly unknown[],
  ) {}

  first(step: number): Event | undefined {
    return this.events(step)[0];
  }

  last(step: number): Event | undefined {
    return this.events(step).at(-1);
  }

  size(step: number): number {
    return this.events(step).length;
  }
}
