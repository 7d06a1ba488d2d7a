import type { Emission, Taken } from '../matcher.js';

/** Alerts of one emission point come in the order of their steps' positions, whatever the matcher's order was; windows as they fired. */
export function orderMatches<T extends Emission>(matches: T[]): T[] {
  return matches.length < 2 ? matches : matches.sort(compareMatches);
}

function compareMatches(a: Emission, b: Emission): number {
  if (a.kind === 'window' || b.kind === 'window') return 0;
  if (a.kind !== b.kind) return a.kind === 'match' ? -1 : 1;
  const length = Math.min(a.path.length, b.path.length);
  for (let i = 0; i < length; i++) {
    const order = compareTaken(a.path[i], b.path[i]);
    if (order !== 0) return order;
  }
  return a.path.length - b.path.length;
}

function compareTaken(a: Taken, b: Taken): number {
  const [x, y] = [a.event, b.event];
  return (
    x.time - y.time ||
    (x.stream === y.stream ? 0 : x.stream < y.stream ? -1 : 1) ||
    x.partition - y.partition ||
    x.offset - y.offset ||
    a.step - b.step
  );
}
