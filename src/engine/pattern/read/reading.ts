import type { ExpressionLimits, ExpressionScope } from '../../expr/index.js';
import type { Findings } from '../../problem/fields.js';
import type { Step } from '../ir/step.js';
import type { PatternLimits } from '../limits.js';

/** What the caller knows beside the document. */
export interface ReadPatternOptions {
  /** The stream's schema: with one, an unknown field is a problem. */
  readonly fields?: ExpressionScope['fields'];
  /** The lists that there are; without them conditions may ask any. */
  readonly lists?: ExpressionScope['lists'];
  /** The rule's streams, for `from` of a step; absent: any name is taken. */
  readonly streams?: readonly string[];
  /** Conditions may be functions: the fluent builder's patterns. */
  readonly functions?: boolean;
  readonly limits?: Partial<PatternLimits>;
  readonly expressionLimits?: ExpressionLimits;
}

/** Shared by the readers of one document. */
export interface Reading {
  readonly options: ReadPatternOptions;
  readonly limits: PatternLimits;
  readonly findings: Findings;
  /** Where each step stands in the document. */
  readonly pointers: Map<Step, string>;
  /** Steps read so far, groups too. */
  count: number;
}
