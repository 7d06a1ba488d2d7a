import { setTimeout as delay } from 'node:timers/promises';
import { EpochLostError } from '../ports/stores.js';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

export interface PersistenceEvents {
  /** The database does not take our writes; undefined when it takes all of them again. */
  stalled(error: Error | undefined): void;
  epochLost(error: EpochLostError): void;
}

/**
 * Writes until the database has taken it: while that is away or full it is tried for ever, nothing is
 * given up, and feeding stops because nothing is committed.
 */
export class Persistence {
  #closed = false;
  #failing = 0;

  constructor(readonly events: PersistenceEvents) {}

  /** Nothing is tried any more: the process ends, or the epoch is lost. */
  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
  }

  /** Resolves when `write` has succeeded, or nothing is tried any more. */
  async run(write: () => Promise<void>): Promise<void> {
    let failing = false;
    for (let wait = FIRST_RETRY_MS; !this.#closed; wait = Math.min(wait * 2, LAST_RETRY_MS)) {
      try {
        await write();
        if (failing && --this.#failing === 0) this.events.stalled(undefined);
        return;
      } catch (error) {
        if (error instanceof EpochLostError) {
          this.close();
          return this.events.epochLost(error);
        }
        if (!failing) this.#failing++;
        failing = true;
        this.events.stalled(error as Error);
        await delay(wait);
      }
    }
  }
}
