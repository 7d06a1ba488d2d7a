/** Does something over and over, with a pause between the end of one time and the beginning of the next. */
export class Ticker {
  #timer: NodeJS.Timeout | undefined;
  #doing: Promise<void> = Promise.resolve();
  #stopped = false;

  /** `work` never rejects. */
  constructor(
    readonly pauseMs: number,
    readonly work: () => Promise<void>,
  ) {}

  /** Begins at once. */
  start(): void {
    if (this.#stopped) return;
    this.#doing = this.work().then(() => {
      if (!this.#stopped) this.#timer = setTimeout(() => this.start(), this.pauseMs).unref();
    });
  }

  /** Resolves when what is being done is done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#doing;
  }
}
