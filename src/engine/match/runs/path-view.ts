import type { Event } from '../../event/event.js';
import type { MatchView } from '../../expr/index.js';
import type { Link } from './run.js';

/**
 * A partial match as conditions see it. One object serves all runs, and its lists are reused: valid until
 * the next `show`. A step's list is made when a condition asks for more than its ends or its size.
 */
export class PathView implements MatchView {
  readonly #lists: Event[][];
  readonly #shownFor: number[];
  #last: Link | undefined;
  #shown = 0;

  constructor(steps: number) {
    this.#lists = Array.from({ length: steps }, () => []);
    this.#shownFor = new Array<number>(steps).fill(-1);
  }

  show(last: Link | undefined): this {
    this.#last = last;
    this.#shown++;
    return this;
  }

  events(step: number): readonly Event[] {
    const list = this.#lists[step];
    if (this.#shownFor[step] === this.#shown) return list;
    list.length = 0;
    for (let link = this.#last; link !== undefined; link = link.previous) if (link.step === step) list.push(link.event);
    list.reverse();
    this.#shownFor[step] = this.#shown;
    return list;
  }

  first(step: number): Event | undefined {
    if (this.#shownFor[step] === this.#shown) return this.#lists[step][0];
    let first: Event | undefined;
    for (let link = this.#last; link !== undefined; link = link.previous) if (link.step === step) first = link.event;
    return first;
  }

  last(step: number): Event | undefined {
    for (let link = this.#last; link !== undefined; link = link.previous) if (link.step === step) return link.event;
    return undefined;
  }

  size(step: number): number {
    if (this.#shownFor[step] === this.#shown) return this.#lists[step].length;
    let size = 0;
    for (let link = this.#last; link !== undefined; link = link.previous) if (link.step === step) size++;
    return size;
  }
}
