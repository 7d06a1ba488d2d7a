import type { ConditionAnalysis } from '../expr/index.js';
import type { Guard } from './guard.js';

/**
 * normal: a partial match waits here. final: it is complete. stop: it dies, with everything the same event
 * would branch it into. pending: it waits for nothing more, and is complete when its time runs out.
 * absence: when the state's own time runs out, it goes on at `after`.
 */
export type StateKind = 'normal' | 'final' | 'stop' | 'pending' | 'absence';

/** take: the event joins the match. ignore: it does not. proceed: try the event at the target. */
export type Action = 'take' | 'ignore' | 'proceed';

export interface NfaEdge {
  readonly action: Action;
  /** Number of a state. */
  readonly target: number;
  readonly guard: Guard;
}

export interface NfaState {
  readonly kind: StateKind;
  /** The step that waits here, as people know it. */
  readonly name: string;
  /** Number of the step that takes events here; -1 when none does. */
  readonly step: number;
  /** Longest wait here since the event taken last, ms. */
  readonly within?: number;
  /** Number of the state in which an absence goes on. */
  readonly after?: number;
  /** In the order in which successors are made: the order of ties hangs on it. */
  readonly edges: readonly NfaEdge[];
  /** Can a match be completed from here without another event? Only then need it be tried. */
  readonly mayFinish: boolean;
}

/** One condition of the pattern. */
export interface NfaCondition {
  /** Its number in the rule's expression table. */
  readonly expression: number;
  readonly text: string;
  /** It looks at the current event alone: one evaluation serves all partial matches. */
  readonly eventOnly: boolean;
  /** What it looks at; absent for a function of the program. Step numbers are those of `stepNames`. */
  readonly analysis?: ConditionAnalysis;
}

/** What a match takes away: see pattern/ir/skip.ts. `step`: -1 for one that never takes an event. */
export type NfaSkip =
  | { readonly strategy: 'noSkip' | 'toNext' | 'pastLast' }
  | { readonly strategy: 'toFirst' | 'toLast'; readonly step: number };

/** A pattern as states and edges. Frozen; holds nothing of a run. */
export interface Nfa {
  readonly states: readonly NfaState[];
  readonly start: number;
  readonly conditions: readonly NfaCondition[];
  /** By step number. */
  readonly stepNames: readonly string[];
  /** From the first event to the last, ms. */
  readonly within?: number;
  readonly skip: NfaSkip;
}
