import type { DraftState } from '../builder.js';
import type { Level } from '../place.js';
import type { PatternDraft } from './draft.js';

/** What steps made of steps are compiled by. */
export interface SequenceCompiler {
  readonly draft: PatternDraft;
  /** Compiles a list of steps in front of `sink`; gives the state where it begins. */
  sequence(level: Level, sink: DraftState): DraftState;
}
