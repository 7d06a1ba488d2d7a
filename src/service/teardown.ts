import type { Logger } from 'pino';

/** Undoes what a start has done so far, last first. */
export class Teardown {
  readonly #steps: { readonly what: string; readonly undo: () => Promise<unknown> | unknown }[] = [];

  constructor(private readonly log: Logger) {}

  add(what: string, undo: () => Promise<unknown> | unknown): void {
    this.#steps.push({ what, undo });
  }

  async run(): Promise<void> {
    for (const { what, undo } of this.#steps.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        this.log.error({ err: error }, `stopping: ${what} failed`);
      }
    }
  }
}
