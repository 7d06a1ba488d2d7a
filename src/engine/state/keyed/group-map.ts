/** Cells by id, with what snapshots ask of their key groups: looked up often, gone through by group seldom. */
export class GroupMap<C extends { readonly group: number }> {
  readonly #cells = new Map<string, C>();
  readonly #sizes: number[] = [];

  get size(): number {
    return this.#cells.size;
  }

  get(id: string): C | undefined {
    return this.#cells.get(id);
  }

  /** One that is not there yet. */
  add(id: string, cell: C): void {
    this.#cells.set(id, cell);
    this.#sizes[cell.group] = this.sizeOfGroup(cell.group) + 1;
  }

  delete(id: string): void {
    const cell = this.#cells.get(id);
    if (cell === undefined) return;
    this.#cells.delete(id);
    this.#sizes[cell.group]--;
  }

  sizeOfGroup(group: number): number {
    return this.#sizes[group] ?? 0;
  }

  /** Takes a step for every cell, of these groups or not: undefined for the others. */
  *ofGroups(groups: ReadonlySet<number>): Generator<C | undefined> {
    for (const cell of this.#cells.values()) yield groups.has(cell.group) ? cell : undefined;
  }

  deleteGroup(group: number): void {
    if (this.sizeOfGroup(group) === 0) return;
    for (const [id, cell] of this.#cells) if (cell.group === group) this.delete(id);
  }

  values(): Iterable<C> {
    return this.#cells.values();
  }
}
