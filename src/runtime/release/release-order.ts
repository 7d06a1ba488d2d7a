/** Where an event stands in the order of release: time, stream's place in `from`, partition, offset. */
export interface ReleasePoint {
  readonly time: number;
  readonly stream: number;
  readonly partition: number;
  readonly offset: number;
}

export const BEFORE_ALL: ReleasePoint = Object.freeze({ time: -Infinity, stream: 0, partition: 0, offset: -1 });

export function comparePoints(a: ReleasePoint, b: ReleasePoint): number {
  return compare(a.time, b.time) || a.stream - b.stream || a.partition - b.partition || a.offset - b.offset;
}

/** Without subtraction: times may be infinite. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
