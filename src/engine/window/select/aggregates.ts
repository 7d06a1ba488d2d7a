/** The aggregates of `select`. Each keeps some numbers of a row of numbers, so that a window's state is one flat list. */

export const AGGREGATES = ['count', 'sum', 'min', 'max', 'avg'] as const;
export type AggregateName = (typeof AGGREGATES)[number];

/** One aggregate over its numbers, which begin at `at` of a row. */
export interface Aggregate {
  /** What its numbers are before the first event. */
  readonly initial: readonly number[];
  add(row: number[], at: number, value: number): void;
  /** Adds what `from` holds at `fromAt` to `row`: both have seen different events. */
  merge(row: number[], at: number, from: readonly number[], fromAt: number): void;
  /** null when no event had a value. */
  result(row: readonly number[], at: number): number | null;
}

const count: Aggregate = {
  initial: [0],
  add: (row, at) => void row[at]++,
  merge: (row, at, from, fromAt) => void (row[at] += from[fromAt]),
  result: (row, at) => row[at],
};

const sum: Aggregate = {
  initial: [0],
  add: (row, at, value) => void (row[at] += value),
  merge: (row, at, from, fromAt) => void (row[at] += from[fromAt]),
  result: (row, at) => row[at],
};

const min: Aggregate = {
  initial: [Infinity],
  add: (row, at, value) => void (row[at] = Math.min(row[at], value)),
  merge: (row, at, from, fromAt) => void (row[at] = Math.min(row[at], from[fromAt])),
  result: (row, at) => finite(row[at]),
};

const max: Aggregate = {
  initial: [-Infinity],
  add: (row, at, value) => void (row[at] = Math.max(row[at], value)),
  merge: (row, at, from, fromAt) => void (row[at] = Math.max(row[at], from[fromAt])),
  result: (row, at) => finite(row[at]),
};

/** Sum and count. */
const avg: Aggregate = {
  initial: [0, 0],
  add: (row, at, value) => {
    row[at] += value;
    row[at + 1]++;
  },
  merge: (row, at, from, fromAt) => {
    row[at] += from[fromAt];
    row[at + 1] += from[fromAt + 1];
  },
  result: (row, at) => finite(row[at] / row[at + 1]),
};

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

export const AGGREGATE: { readonly [K in AggregateName]: Aggregate } = { count, sum, min, max, avg };
