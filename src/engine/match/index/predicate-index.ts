/**
 * Finds, among the conditions of many rules over the same events, those that an event may fulfil, without
 * looking at each. A condition is filed under one of its conjuncts, the most selective kind first: equality and
 * sets by hash, thresholds by their sorted bounds. What has none of these always is a candidate.
 */
import type { Event } from '../../event/event.js';
import type { FieldLayout } from '../../event/field-layout.js';
import type { ConditionAnalysis, Conjunct } from '../../expr/index.js';
import { Thresholds, type ThresholdOp } from './thresholds.js';

type Filing =
  | { readonly kind: 'equal'; readonly field: string; readonly values: readonly unknown[] }
  | { readonly kind: 'threshold'; readonly field: string; readonly op: ThresholdOp; readonly bound: number };

interface FieldEntries {
  readonly slot: number;
  /** Conditions by the value that the field must have. */
  readonly equal: Map<unknown, number[]>;
  readonly thresholds: Map<ThresholdOp, Thresholds>;
}

/** Frozen; conditions are numbers, their place in the list given. Functions of the program have no analysis. */
export class PredicateIndex {
  readonly #fields: readonly FieldEntries[];
  readonly #always: readonly number[];
  readonly #found: number[] = [];

  constructor(conditions: readonly (ConditionAnalysis | undefined)[], layout: FieldLayout) {
    const fields = new Map<string, FieldEntries>();
    const always: number[] = [];
    conditions.forEach((analysis, condition) => {
      const filing = filingOf(analysis);
      if (filing === undefined) {
        always.push(condition);
        return;
      }
      const entries = fields.get(filing.field) ?? { slot: layout.slot(filing.field), equal: new Map(), thresholds: new Map() };
      fields.set(filing.field, entries);
      file(filing, condition, entries);
    });
    for (const { thresholds } of fields.values()) for (const bounds of thresholds.values()) bounds.sort();
    this.#fields = [...fields.values()];
    this.#always = always;
  }

  /**
   * Every condition that is true for the event is among these, each once, in no order. The list is reused: valid
   * until the next call. Cost: the fields in the index, and the conditions found.
   */
  candidates(event: Event): readonly number[] {
    const found = this.#found;
    found.length = 0;
    for (const condition of this.#always) found.push(condition);
    for (const { slot, equal, thresholds } of this.#fields) {
      const value = event.fields[slot] ?? event.decodeSlot(slot);
      const equals = equal.get(value);
      if (equals !== undefined) for (const condition of equals) found.push(condition);
      if (typeof value === 'number' || typeof value === 'bigint') for (const bounds of thresholds.values()) bounds.below(value, found);
    }
    return found;
  }
}

function filingOf(analysis: ConditionAnalysis | undefined): Filing | undefined {
  const filings = analysis?.conjuncts.map(filing).filter((one) => one !== undefined) ?? [];
  return filings.find(({ kind }) => kind === 'equal') ?? filings[0];
}

function filing(conjunct: Conjunct): Filing | undefined {
  if (conjunct.kind === 'in') return { kind: 'equal', field: conjunct.field, values: [...new Set(conjunct.set)] };
  if (conjunct.kind !== 'literal') return undefined;
  const { field, op, literal } = conjunct;
  if (op === '==') return { kind: 'equal', field, values: [literal] };
  return op !== '!=' && typeof literal === 'number' ? { kind: 'threshold', field, op, bound: literal } : undefined;
}

function file(filing: Filing, condition: number, { equal, thresholds }: FieldEntries): void {
  if (filing.kind === 'threshold') {
    const bounds = thresholds.get(filing.op) ?? new Thresholds(filing.op);
    thresholds.set(filing.op, bounds);
    bounds.add(filing.bound, condition);
    return;
  }
  for (const value of filing.values) {
    const conditions = equal.get(value);
    if (conditions === undefined) equal.set(value, [condition]);
    else conditions.push(condition);
  }
}
