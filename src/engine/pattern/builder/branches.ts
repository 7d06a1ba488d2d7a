import type { StepDocument } from '../document.js';
import type { Bindings } from './bindings.js';

/** Sequences side by side, to be put where a group can stand: made by Pattern.oneOf and Pattern.allOf. G: what they bind. */
export class Branches<G extends Bindings> {
  /** Tells the compiler apart what differs in nothing else. */
  declare readonly bindings: G;

  constructor(
    readonly kind: 'oneOf' | 'allOf',
    readonly sequences: readonly (readonly StepDocument[])[],
  ) {}
}

/** What all of several branches bind. */
export type InAll<B> = (B extends unknown ? (bindings: B) => void : never) extends (bindings: infer I) => void ? I : never;
