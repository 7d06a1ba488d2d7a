/** What an asynchronous operator holds back: elements whose results are awaited, and the watermarks between them. */
import type { WatermarkStatus } from '../../time/watermark.js';

/** An element under way. */
export interface PendingElement<IN, OUT> {
  readonly value: IN;
  readonly timestamp: number | undefined;
  /** Absent until they are there. */
  results?: readonly OUT[];
}

/** Watermarks and statuses, which elements do not pass. */
export type Boundary = { readonly watermark: number } | { readonly status: WatermarkStatus };

export interface ResultOutput<IN, OUT> {
  emit(element: PendingElement<IN, OUT>): void;
  pass(boundary: Boundary): void;
}

/** In which order results come out (Flink's StreamElementQueue). */
export interface ResultQueue<IN, OUT> {
  add(element: PendingElement<IN, OUT>): void;
  addBoundary(boundary: Boundary): void;
  /** The element has its results: gives out what may go now. */
  completed(element: PendingElement<IN, OUT>): void;
  /** Elements that have not come out, in the order in which they came. */
  elements(): readonly PendingElement<IN, OUT>[];
  isEmpty(): boolean;
}

/** In the order of the elements. O(1) per element. */
export class OrderedResultQueue<IN, OUT> implements ResultQueue<IN, OUT> {
  #entries: (PendingElement<IN, OUT> | Boundary)[] = [];
  #head = 0;

  constructor(private readonly output: ResultOutput<IN, OUT>) {}

  add(element: PendingElement<IN, OUT>): void {
    this.#entries.push(element);
  }

  addBoundary(boundary: Boundary): void {
    this.#entries.push(boundary);
    this.completed();
  }

  completed(): void {
    for (let entry = this.#entries[this.#head]; entry !== undefined; entry = this.#entries[this.#head]) {
      if (!isElement(entry)) this.output.pass(entry);
      else if (entry.results !== undefined) this.output.emit(entry);
      else return;
      this.#head++;
    }
    this.#entries = [];
    this.#head = 0;
  }

  elements(): readonly PendingElement<IN, OUT>[] {
    return this.#entries.slice(this.#head).filter(isElement);
  }

  isEmpty(): boolean {
    return this.#entries.length === this.#head;
  }
}

/** Elements between two boundaries. */
interface Segment<IN, OUT> {
  readonly open: Set<PendingElement<IN, OUT>>;
  readonly done: PendingElement<IN, OUT>[];
  /** At its end; absent while elements still come. */
  boundary?: Boundary;
}

/** As results are there, but never past a watermark: what came before one comes out before it, what came after, after. */
export class UnorderedResultQueue<IN, OUT> implements ResultQueue<IN, OUT> {
  readonly #segments: Segment<IN, OUT>[] = [newSegment()];
  readonly #segmentOf = new Map<PendingElement<IN, OUT>, Segment<IN, OUT>>();

  constructor(private readonly output: ResultOutput<IN, OUT>) {}

  add(element: PendingElement<IN, OUT>): void {
    const last = this.#segments.at(-1) as Segment<IN, OUT>;
    last.open.add(element);
    this.#segmentOf.set(element, last);
  }

  addBoundary(boundary: Boundary): void {
    (this.#segments.at(-1) as Segment<IN, OUT>).boundary = boundary;
    this.#segments.push(newSegment());
    this.#giveOut();
  }

  completed(element: PendingElement<IN, OUT>): void {
    const segment = this.#segmentOf.get(element) as Segment<IN, OUT>;
    segment.open.delete(element);
    segment.done.push(element);
    if (segment === this.#segments[0]) this.#giveOut();
  }

  elements(): readonly PendingElement<IN, OUT>[] {
    return [...this.#segmentOf.keys()];
  }

  isEmpty(): boolean {
    return this.#segmentOf.size === 0;
  }

  #giveOut(): void {
    for (;;) {
      const [first] = this.#segments;
      for (let element = first.done.shift(); element !== undefined; element = first.done.shift()) {
        this.#segmentOf.delete(element);
        this.output.emit(element);
      }
      if (first.open.size > 0 || first.boundary === undefined) return;
      this.#segments.shift();
      this.output.pass(first.boundary);
    }
  }
}

function newSegment<IN, OUT>(): Segment<IN, OUT> {
  return { open: new Set(), done: [] };
}

function isElement<IN, OUT>(entry: PendingElement<IN, OUT> | Boundary): entry is PendingElement<IN, OUT> {
  return 'value' in entry;
}
