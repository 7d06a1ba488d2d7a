/** Replay must give every alert again that the checkpoint does not cover; one that it does not is a ghost. */
export class ReplayCheck {
  #missing = new Set<string>();
  #ghosts = 0;

  /** Ghosts found since the process started. */
  get ghosts(): number {
    return this.#ghosts;
  }

  /** A recovery begins. */
  expect(alertIds: readonly string[]): void {
    this.#missing = new Set(alertIds);
  }

  produced(alertId: string): void {
    this.#missing.delete(alertId);
  }

  get complete(): boolean {
    return this.#missing.size === 0;
  }

  /** All has been replayed: what is missing now is a ghost. */
  conclude(): readonly string[] {
    this.#ghosts += this.#missing.size;
    return [...this.#missing];
  }
}
