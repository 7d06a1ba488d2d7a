/** The aggregations by field: sum, min, max, minBy, maxBy. */
import type { ReduceFunction } from '../../state/keyed/keyed-state.js';

/** The fields of T that hold numbers. */
export type NumericField<T> = { [F in keyof T]-?: T[F] extends number ? F : never }[keyof T];

const numberAt = <T>(value: T, field: keyof T): number => value[field] as number;

/** The other fields are those of the first element. */
export function sumOf<T>(field: NumericField<T>): ReduceFunction<T> {
  return (a, b) => ({ ...a, [field]: numberAt(a, field) + numberAt(b, field) });
}

export function minOf<T>(field: NumericField<T>): ReduceFunction<T> {
  return (a, b) => ({ ...a, [field]: Math.min(numberAt(a, field), numberAt(b, field)) });
}

export function maxOf<T>(field: NumericField<T>): ReduceFunction<T> {
  return (a, b) => ({ ...a, [field]: Math.max(numberAt(a, field), numberAt(b, field)) });
}

/** The whole element; the first of equal ones. */
export function minByOf<T>(field: NumericField<T>): ReduceFunction<T> {
  return (a, b) => (numberAt(b, field) < numberAt(a, field) ? b : a);
}

export function maxByOf<T>(field: NumericField<T>): ReduceFunction<T> {
  return (a, b) => (numberAt(b, field) > numberAt(a, field) ? b : a);
}
