/** The life cycles of a job and of its tasks: one table of legal transitions each, drawn in docs/streams.md. */

/** Flink's JobStatus, without the states that only a cluster has. */
export type JobStatus = 'CREATED' | 'RUNNING' | 'RESTARTING' | 'FAILING' | 'FAILED' | 'CANCELLING' | 'CANCELED' | 'FINISHED';

/** Flink's ExecutionState, without those of scheduling. */
export type ExecutionState = 'CREATED' | 'INITIALIZING' | 'RUNNING' | 'FINISHED' | 'CANCELING' | 'CANCELED' | 'FAILED';

type Transitions<S extends string> = Readonly<Record<S, readonly S[]>>;

export const JOB_TRANSITIONS: Transitions<JobStatus> = {
  CREATED: ['RUNNING', 'CANCELLING', 'FAILING'],
  RUNNING: ['RESTARTING', 'FAILING', 'CANCELLING', 'FINISHED'],
  RESTARTING: ['RUNNING', 'FAILING', 'CANCELLING'],
  FAILING: ['FAILED'],
  FAILED: [],
  CANCELLING: ['CANCELED', 'FAILING'],
  CANCELED: [],
  FINISHED: [],
};

export const EXECUTION_TRANSITIONS: Transitions<ExecutionState> = {
  CREATED: ['INITIALIZING', 'CANCELED', 'FAILED'],
  INITIALIZING: ['RUNNING', 'CANCELING', 'FAILED'],
  RUNNING: ['FINISHED', 'CANCELING', 'FAILED'],
  FINISHED: [],
  CANCELING: ['CANCELED', 'FAILED'],
  CANCELED: [],
  FAILED: [],
};

/** A state that only moves as its table allows. */
export class LifeCycle<S extends string> {
  #state: S;

  constructor(
    private readonly what: string,
    private readonly transitions: Transitions<S>,
    initial: S,
    private readonly onChange: (state: S) => void = () => {},
  ) {
    this.#state = initial;
  }

  get state(): S {
    return this.#state;
  }

  /** Nothing follows. */
  get isTerminal(): boolean {
    return this.transitions[this.#state].length === 0;
  }

  canMoveTo(state: S): boolean {
    return this.transitions[this.#state].includes(state);
  }

  /** @throws Error for a transition that the table does not have */
  moveTo(state: S): void {
    if (!this.canMoveTo(state)) throw new Error(`${this.what} cannot go from ${this.#state} to ${state}`);
    this.#state = state;
    this.onChange(state);
  }
}
