import type { EngineThread, Implicated } from './engine-thread.js';

/** Calls a thread dead when it is busy and its heartbeat has stood still for `limit` ms. */
export class WatchdogTimer {
  readonly #timer: NodeJS.Timeout;
  #beat = -1;
  #since = 0;

  constructor(thread: EngineThread, limit: number, onSilent: (error: Error) => void) {
    this.#timer = setInterval(
      () => {
        const { beat, busy } = thread.note();
        const now = performance.now();
        if (!busy || beat !== this.#beat) {
          this.#beat = beat;
          this.#since = now;
        } else if (now - this.#since >= limit) {
          this.stop();
          onSilent(new Error(`one evaluation took longer than ${limit} ms`));
        }
      },
      Math.max(20, limit / 10),
    );
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

const POISON_AFTER = 3;
const RESTARTS_TO_GIVE_UP = 12;

/** How often each (rule, event) stood in the note of a thread that died. */
export class Implications {
  readonly #counts = new Map<string, number>();
  #restarts = 0;

  /** True when the rule has to be stopped at that event. */
  add(implicated: Implicated): boolean {
    const name = JSON.stringify(implicated);
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    if (count === POISON_AFTER) this.#restarts = 0;
    return count === POISON_AFTER;
  }

  /** A thread that dies again and again without a rule to blame is a defect: the process ends and says so. */
  guardAgainstLoops(): void {
    if (++this.#restarts > RESTARTS_TO_GIVE_UP) throw new Error(`the engine was restarted ${RESTARTS_TO_GIVE_UP} times in vain`);
  }
}
