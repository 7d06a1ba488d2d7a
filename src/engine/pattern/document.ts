import type { Condition } from './ir/condition.js';
import type { Link, NegativeLink } from './ir/link.js';
import type { LoopContiguity } from './ir/times.js';

/** A duration as documents write it: "250ms", "10m". */
export type DurationText = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

/** A step as documents write it, with one link whose value is its name. Only the builder's conditions may be functions. */
export interface StepDocument extends Readonly<Partial<Record<Link | NegativeLink, string>>> {
  readonly where?: Condition;
  readonly from?: string;
  readonly group?: readonly StepDocument[];
  readonly oneOf?: readonly BranchDocument[];
  readonly allOf?: readonly BranchDocument[];
  readonly times?: number | { readonly min: number; readonly max?: number; readonly within?: string; readonly distinct?: string };
  readonly loop?: LoopContiguity;
  readonly greedy?: boolean;
  readonly optional?: boolean;
  readonly until?: Condition;
  readonly within?: string;
  readonly for?: string;
}

/** One step, or several in a row. */
export type BranchDocument = StepDocument | readonly StepDocument[];
