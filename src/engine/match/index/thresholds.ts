export type ThresholdOp = '<' | '<=' | '>' | '>=';

interface Bounded<T> {
  readonly bound: number;
  readonly item: T;
}

/** Comparisons `field op bound` of one field and operator, in the order in which growing (`>`) or falling (`<`) values reach them. */
export class Thresholds<T> {
  readonly #entries: Bounded<T>[] = [];
  #isSorted = true;

  constructor(readonly op: ThresholdOp) {}

  add(bound: number, item: T): void {
    this.#entries.push({ bound, item });
    this.#isSorted = false;
  }

  /** Adds what the value fulfils; all for a value that has no order with numbers, which makes each an error. */
  find(value: unknown, found: T[]): void {
    if (!this.#isSorted) this.#sort();
    const entries = this.#entries;
    const hasOrder = typeof value === 'number' || typeof value === 'bigint';
    for (let i = 0; i < entries.length && (!hasOrder || this.#holds(value, entries[i].bound)); i++) found.push(entries[i].item);
  }

  #sort(): void {
    const direction = this.op.startsWith('>') ? 1 : -1;
    this.#entries.sort((a, b) => direction * (a.bound - b.bound));
    this.#isSorted = true;
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
