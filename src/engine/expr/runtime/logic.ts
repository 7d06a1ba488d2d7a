import { CelError } from '../../event/cel-error.js';
import { isError, noOverload } from './values.js';

export function not(a: unknown): unknown {
  return typeof a === 'boolean' ? !a : noOverload('!_', a);
}

/** What && and || give when neither side decides: the left error, else the right one. */
export function undecided(name: string, a: unknown, b: unknown): CelError {
  return isError(a) ? a : noOverload(name, a, b);
}

/** A ternary's condition that is neither true nor false. */
export function noCondition(a: unknown): CelError {
  return noOverload('_?_:_', a);
}

/** Turns what was thrown inside a compiled expression (a stack overflow, an absurd length) into a value. */
export function thrown(cause: unknown): CelError {
  return new CelError(cause instanceof Error ? cause.message : String(cause));
}
