import type { Event } from '../../event/event.js';
import { CelError } from '../../event/cel-error.js';
import type { ExpressionScope, ExpressionTable, ExpressionTableBuilder } from '../../expr/index.js';
import type { AggregateFunction } from '../../state/keyed/keyed-state.js';
import { AGGREGATE, type Aggregate } from './aggregates.js';
import type { SelectItem } from './read-select.js';

/** The numbers of all aggregates of a `select`, one after the other: the state of one window. */
export type Row = number[];

export type Values = Readonly<Record<string, number | null>>;

/** Is told of what cannot be aggregated, as of conditions that fail. */
export interface ValueErrors {
  conditionError(expression: number, error: unknown): void;
}

const IGNORED: ValueErrors = { conditionError: () => {} };

interface Column {
  readonly name: string;
  readonly aggregate: Aggregate;
  readonly at: number;
  readonly counts: boolean;
  /** Its number in the rule's table; undefined: every event counts. */
  readonly expression: number | undefined;
}

/** A `select` whose expressions stand in a table; ready once the table is built. */
export class SelectionBuilder {
  readonly #columns: Column[] = [];
  #width = 0;

  constructor(items: readonly SelectItem[], table: ExpressionTableBuilder, scope: ExpressionScope) {
    for (const { name, aggregate, expression } of items) {
      this.#columns.push({
        name,
        aggregate: AGGREGATE[aggregate],
        at: this.#width,
        counts: aggregate === 'count',
        expression: expression === undefined ? undefined : table.add(expression, scope),
      });
      this.#width += AGGREGATE[aggregate].initial.length;
    }
  }

  build(table: ExpressionTable): Selection {
    return new Selection(this.#columns, table);
  }
}

/**
 * Folds events into a row of numbers and reads the selected values from it. A value that is null is left
 * out of its aggregate; so is one that is missing or no number, which is also reported.
 */
export class Selection implements AggregateFunction<Event, Row, Values> {
  readonly #initial: Row;

  constructor(
    private readonly columns: readonly Column[],
    private readonly table: ExpressionTable,
  ) {
    this.#initial = columns.flatMap(({ aggregate }) => aggregate.initial);
  }

  get names(): readonly string[] {
    return this.columns.map(({ name }) => name);
  }

  /** Numbers in a row. */
  get width(): number {
    return this.#initial.length;
  }

  createAccumulator(): Row {
    return this.#initial.slice();
  }

  /** The row may stand among other numbers, from `base` on. */
  add(event: Event, row: Row, errors: ValueErrors = IGNORED, base = 0): Row {
    for (const { aggregate, at, counts, expression } of this.columns) {
      if (expression === undefined) {
        aggregate.add(row, base + at, 1);
        continue;
      }
      const value = this.table.functions[expression](event, null);
      if (counts) {
        if (value === true) aggregate.add(row, base + at, 1);
        else if (value !== false) errors.conditionError(expression, value);
      } else if (typeof value === 'number') aggregate.add(row, base + at, value);
      else if (typeof value === 'bigint') aggregate.add(row, base + at, Number(value));
      else if (value !== null) errors.conditionError(expression, value instanceof CelError ? value : new CelError('not a number'));
    }
    return row;
  }

  /** Adds what `from` holds from `base` on. */
  merge(row: Row, from: readonly number[], base = 0): Row {
    for (const { aggregate, at } of this.columns) aggregate.merge(row, at, from, base + at);
    return row;
  }

  /** Appends a row without events. */
  append(to: number[]): void {
    for (const number of this.#initial) to.push(number);
  }

  /** Makes a row that was used as one without events. */
  reset(row: Row): Row {
    for (let i = 0; i < row.length; i++) row[i] = this.#initial[i];
    return row;
  }

  /** The values in order, into `target` from `at` on. */
  resultsInto(row: readonly number[], target: unknown[], at: number): void {
    for (let i = 0; i < this.columns.length; i++) target[at + i] = this.columns[i].aggregate.result(row, this.columns[i].at);
  }

  getResult(row: readonly number[]): Values {
    return Object.fromEntries(this.columns.map(({ name, aggregate, at }) => [name, aggregate.result(row, at)]));
  }
}
