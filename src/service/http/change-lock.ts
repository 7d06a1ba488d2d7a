/** Lets changes of rules and streams happen one after the other: each checks what the others have left. */
export class ChangeLock {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#last.then(change);
    this.#last = result.catch(() => {});
    return result;
  }
}
