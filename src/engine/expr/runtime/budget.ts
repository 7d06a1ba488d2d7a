import { CelError } from '../../event/cel-error.js';

/**
 * What one evaluation may cost, in units of some 10 ns: nested macros over an event's lists, or searches for long texts in
 * long texts, are polynomial in the event. Beyond it the evaluation gives an error. Work that is linear in small
 * things is not counted. One counter serves all: evaluations do not nest.
 */
const LIMIT = 20_000_000;

let left = LIMIT;

/** Called by generated code at the start of an evaluation that may charge. */
export function begin(): void {
  left = LIMIT;
}

/** Takes units; the error once they are used up. */
export function charge(units: number): CelError | undefined {
  left -= units;
  return left < 0 ? OVERDRAWN : undefined;
}

const OVERDRAWN = new CelError('the expression takes too much work on this event');

/** Searching one text in another may compare every pair of characters. */
export function chargeSearch(text: string, part: string): CelError | undefined {
  return charge((text.length * part.length) / 16 + text.length / 8);
}
