/**
 * Finds, among the triggers of many rules over the same events, those that an event may fire, without looking at
 * each. A trigger is filed under the parts of its condition that compare one field with literals: equality and sets
 * by hash, and in there the next part; thresholds by their sorted bounds. Each distinct comparison is so made at
 * most once. What has no such part always may fire.
 *
 * Exact to one side: what is not found is certainly false and no error. A field that is missing, or has no order,
 * makes a comparison an error, so all that is filed under it is found.
 */
import type { Event } from '../../event/event.js';
import { CelError } from '../../event/cel-error.js';
import type { FieldLayout } from '../../event/field-layout.js';
import type { Conjunct } from '../../expr/index.js';
import { Thresholds, type ThresholdOp } from './thresholds.js';
import type { Trigger } from './triggers.js';

type Filing =
  | { readonly kind: 'equal'; readonly field: string; readonly values: readonly unknown[] }
  | { readonly kind: 'threshold'; readonly field: string; readonly op: ThresholdOp; readonly bound: number };

/** A trigger and what it stands for. */
export interface IndexedTrigger<T> {
  readonly trigger: Trigger;
  readonly item: T;
}

/** Triggers that need the same first comparisons. */
class Branch<T> {
  readonly always: T[] = [];
  readonly fields: FieldBranches<T>[] = [];

  constructor(readonly layout: FieldLayout) {}

  /** Files under the first of the parts, and in there under the others. */
  add(item: T, [first, ...others]: readonly Filing[]): void {
    if (first === undefined) this.always.push(item);
    else this.#field(first.field).add(item, first, others);
  }

  find(event: Event, found: T[]): void {
    const { always, fields } = this;
    for (let i = 0; i < always.length; i++) found.push(always[i]);
    for (let i = 0; i < fields.length; i++) fields[i].find(event, found);
  }

  #field(name: string): FieldBranches<T> {
    const slot = this.layout.slot(name);
    let field = this.fields.find((each) => each.slot === slot);
    if (field === undefined) this.fields.push((field = new FieldBranches(slot, this.layout)));
    return field;
  }
}

class FieldBranches<T> {
  /** By the value that the field must have. */
  readonly #equal = new Map<unknown, Branch<T>>();
  readonly #thresholds: Thresholds<T>[] = [];
  /** All that is filed here, each once. */
  readonly #equals: T[] = [];

  constructor(
    readonly slot: number,
    readonly layout: FieldLayout,
  ) {}

  add(item: T, filing: Filing, others: readonly Filing[]): void {
    if (filing.kind === 'threshold') {
      this.#bounds(filing.op).add(filing.bound, item);
      return;
    }
    this.#equals.push(item);
    for (const value of filing.values) {
      const branch = this.#equal.get(value) ?? new Branch(this.layout);
      this.#equal.set(value, branch);
      branch.add(item, others);
    }
  }

  find(event: Event, found: T[]): void {
    let value = event.fields[this.slot];
    if (value === undefined) value = event.decodeSlot(this.slot);
    if (this.#equals.length > 0) {
      if (value instanceof CelError) for (const item of this.#equals) found.push(item);
      else this.#equal.get(typeof value === 'bigint' ? Number(value) : value)?.find(event, found);
    }
    for (let i = 0; i < this.#thresholds.length; i++) this.#thresholds[i].find(value, found);
  }

  #bounds(op: ThresholdOp): Thresholds<T> {
    let bounds = this.#thresholds.find((each) => each.op === op);
    if (bounds === undefined) this.#thresholds.push((bounds = new Thresholds<T>(op)));
    return bounds;
  }
}

/** Immutable: rules that come and go make a new one. */
export class PredicateIndex<T> {
  readonly #triggers: readonly IndexedTrigger<T>[];
  readonly #layout: FieldLayout;
  /** By stream, made at its first event. */
  readonly #branches = new Map<string, Branch<T>>();
  readonly #found: T[] = [];

  constructor(triggers: readonly IndexedTrigger<T>[], layout: FieldLayout) {
    this.#triggers = triggers;
    this.#layout = layout;
  }

  /**
   * What stands behind each trigger that the event may fire, in no order. The list is reused: valid until the next
   * call. Cost: the fields in the index, and what is found.
   */
  find(event: Event): readonly T[] {
    const found = this.#found;
    found.length = 0;
    (this.#branches.get(event.stream) ?? this.#branchesOf(event.stream)).find(event, found);
    return found;
  }

  #branchesOf(stream: string): Branch<T> {
    const branch = new Branch<T>(this.#layout);
    for (const { trigger, item } of this.#triggers)
      if (trigger.stream === undefined || trigger.stream === stream) branch.add(item, filingsOf(trigger));
    this.#branches.set(stream, branch);
    return branch;
  }
}

/** Parts that a hash finds come first; behind a threshold nothing is filed. */
function filingsOf({ condition }: Trigger): readonly Filing[] {
  const filings = condition?.conjuncts.map(filing).filter((one) => one !== undefined) ?? [];
  const threshold = filings.find(({ kind }) => kind === 'threshold');
  return [...filings.filter(({ kind }) => kind === 'equal'), ...(threshold === undefined ? [] : [threshold])];
}

function filing(conjunct: Conjunct): Filing | undefined {
  if (conjunct.kind === 'in') return { kind: 'equal', field: conjunct.field, values: [...new Set(conjunct.set)] };
  if (conjunct.kind !== 'literal') return undefined;
  const { field, op, literal } = conjunct;
  if (op === '==') return { kind: 'equal', field, values: [literal] };
  return op !== '!=' && typeof literal === 'number' ? { kind: 'threshold', field, op, bound: literal } : undefined;
}
