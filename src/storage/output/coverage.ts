/**
 * Which alerts a checkpoint covers. After a recovery the outbox holds alerts of the time behind the checkpoint,
 * and replay gives them again in the same order; a checkpoint made before it has given them all covers only
 * those before the first that is missing. Once an alert comes that is new, replay is past them all.
 */
export class Coverage {
  /** Ids not seen again yet, with their numbers, lowest first. */
  readonly #missing: Map<string, number>;

  constructor(uncovered: Iterable<readonly [id: string, number: number]> = []) {
    this.#missing = new Map(uncovered);
  }

  emitted(id: string, isNew: boolean): void {
    if (isNew) this.#missing.clear();
    else this.#missing.delete(id);
  }

  /** The highest number covered by a checkpoint made now, when `last` is the highest given. */
  upTo(last: number): number {
    const [first] = this.#missing.values();
    return first === undefined ? last : first - 1;
  }

  /** For a transaction that may fail: only a copy learns of its alerts. */
  copy(): Coverage {
    return new Coverage(this.#missing);
  }
}
