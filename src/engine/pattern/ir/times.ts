/** How often a step or group repeats. */
export interface Times {
  /** At least 0; 0 only with a `max`, and then the loop is optional. */
  readonly min: number;
  /** Absent: no upper bound. */
  readonly max?: number;
  /** Longest wait between two consecutive events of the loop, ms. Enforced with Flink's gaps: see bounds.ts. */
  readonly within?: number;
  /** A field, dots lead into objects: the loop takes one event for each of its values. Only of single steps. Not in Flink. */
  readonly distinct?: string;
}

/** What may lie between two events of a loop: nothing, what does not match, anything. */
export type LoopContiguity = 'strict' | 'relaxed' | 'any';

export const LOOP_CONTIGUITIES = ['strict', 'relaxed', 'any'] as const satisfies readonly LoopContiguity[];
