export type ThresholdOp = '<' | '<=' | '>' | '>=';

/** Conditions `field op bound` of one field and operator, in the order in which growing (`>`) or falling (`<`) values reach them. */
export class Thresholds {
  readonly #entries: { readonly bound: number; readonly condition: number }[] = [];

  constructor(readonly op: ThresholdOp) {}

  add(bound: number, condition: number): void {
    this.#entries.push({ bound, condition });
  }

  sort(): void {
    const direction = this.op.startsWith('>') ? 1 : -1;
    this.#entries.sort((a, b) => direction * (a.bound - b.bound));
  }

  /** Adds the conditions that the value fulfils: those before the first that it does not. */
  below(value: number | bigint, found: number[]): void {
    const entries = this.#entries;
    for (let i = 0; i < entries.length && this.#holds(value, entries[i].bound); i++) found.push(entries[i].condition);
  }

  #holds(value: number | bigint, bound: number): boolean {
    switch (this.op) {
      case '<':
        return value < bound;
      case '<=':
        return value <= bound;
      case '>':
        return value > bound;
      case '>=':
        return value >= bound;
    }
  }
}
