/** Which events a step takes. Both absent: all. */
export interface EventCondition {
  /** CEL. */
  readonly where?: string;
  /** Only events of this stream. */
  readonly from?: string;
}
