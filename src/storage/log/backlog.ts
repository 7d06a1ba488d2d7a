/** Marks finer than this are merged: 512 MiB of backlog are then at most 8,192 of them. */
const GRAIN = 64 << 10;

interface Mark {
  end: number;
  bytes: number;
}

/**
 * Bytes of one partition that the engine has not worked off, exact to 64 KiB while it lags and exactly 0
 * when it has caught up.
 */
export class Backlog {
  #marks: Mark[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** `bytes` more have been appended, up to offset `end`. */
  appended(end: number, bytes: number): void {
    const last = this.#marks.at(-1);
    if (last !== undefined && last.bytes + bytes <= GRAIN) {
      last.end = end;
      last.bytes += bytes;
    } else {
      this.#marks.push({ end, bytes });
    }
    this.#bytes += bytes;
  }

  /** Everything below `offset` is done with. */
  workedOff(offset: number): void {
    let done = 0;
    while (done < this.#marks.length && this.#marks[done].end <= offset) this.#bytes -= this.#marks[done++].bytes;
    if (done > 0) this.#marks.splice(0, done);
  }
}
