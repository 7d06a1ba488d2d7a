import { CelError } from '../../event/cel-error.js';
import type { Event } from '../../event/event.js';
import type { MatchView } from '../../expr/index.js';
import { keyOfAll } from '../../state/key.js';
import type { Branch } from '../compact/branch.js';
import type { StateValues } from './needed-values.js';

/** The groups of one state, by their values. */
export type Groups = Map<unknown, Branch>;

const NO_VALUES = Symbol('no values');

/** One match of a set stands for all: they agree in what conditions read, which are steps that take one event. */
export class SampleView implements MatchView {
  #set: Branch | undefined;

  show(set: Branch): this {
    this.#set = set;
    return this;
  }

  last(step: number): Event | undefined {
    for (let node = this.#set; node !== undefined; node = node.previous) if (node.step === step) return node.event;
    return undefined;
  }

  first(step: number): Event | undefined {
    return this.last(step);
  }

  size(step: number): number {
    return this.last(step) === undefined ? 0 : 1;
  }

  events(step: number): readonly Event[] {
    const event = this.last(step);
    return event === undefined ? [] : [event];
  }
}

const sample = new SampleView();

/** What tells a set's group from the others of the state. Values that have no identity of their own make a group of one. */
export function groupOf({ needed }: StateValues, set: Branch): unknown {
  if (needed.length === 0) return NO_VALUES;
  sample.show(set);
  if (needed.length === 1) return valueOf(sample.last(needed[0].step), needed[0].field);
  const values = needed.map(({ step, field }) => valueOf(sample.last(step), field));
  return keyOfAll(values)?.id ?? Symbol('values without identity');
}

/** A field of an event; a CelError when it has none. */
export function valueOf(event: Event | undefined, field: string): unknown {
  if (event === undefined) return NO_VALUES;
  const slot = event.layout.slot(field);
  return event.fields[slot] ?? event.decodeSlot(slot);
}

/** Lists and objects are equal by content: no hash finds them. */
export function isHashable(value: unknown): boolean {
  return typeof value !== 'object' || value === null || value instanceof CelError;
}
