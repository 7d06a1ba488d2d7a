import type { JournalPayload } from '../ports/outputs.js';

export type LimitReached = Extract<JournalPayload, { kind: 'limit-reached' }>;

/**
 * Which limits a rule's version has reached. What is given up is decided by the state alone, so recovery needs no entry;
 * the first time goes into the journal all the same, so that nothing is given up silently.
 */
export class LimitNotes {
  readonly #noted = new Set<string>();
  #fresh: LimitReached[] = [];

  reached(limit: LimitReached): void {
    const name = nameOf(limit);
    if (this.#noted.has(name)) return;
    this.#noted.add(name);
    this.#fresh.push(limit);
  }

  /** The entry is in the journal already. */
  note(limit: LimitReached): void {
    this.#noted.add(nameOf(limit));
  }

  /** Those reached since it was asked last, to be journaled. */
  takeFresh(): LimitReached[] {
    if (this.#fresh.length === 0) return this.#fresh;
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  /** Recovery comes by events again whose entries are still to be applied, or were lost with the crash. */
  forgetFresh(): void {
    for (const limit of this.takeFresh()) this.#noted.delete(nameOf(limit));
  }
}

function nameOf({ rule, version, limit }: LimitReached): string {
  return `${rule}@${version}/${limit}`;
}
