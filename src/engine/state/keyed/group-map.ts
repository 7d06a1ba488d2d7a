/** Cells by key group and id. */
export class GroupMap<C> {
  readonly #groups: (Map<string, C> | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(group: number, id: string): C | undefined {
    return this.#groups[group]?.get(id);
  }

  /** One that is not there yet. */
  add(group: number, id: string, cell: C): void {
    (this.#groups[group] ??= new Map()).set(id, cell);
    this.#size++;
  }

  delete(group: number, id: string): void {
    if (this.#groups[group]?.delete(id)) this.#size--;
  }

  sizeOfGroup(group: number): number {
    return this.#groups[group]?.size ?? 0;
  }

  ofGroup(group: number): Iterable<C> {
    return this.#groups[group]?.values() ?? [];
  }

  *values(): Generator<C> {
    for (const cells of this.#groups) if (cells !== undefined) yield* cells.values();
  }
}
