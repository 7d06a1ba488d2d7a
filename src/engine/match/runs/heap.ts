/**
 * Binary heaps in arrays, in the exact order of java.util.PriorityQueue: with a skip strategy the order of
 * equal elements decides which matches survive, and it must be Flink's.
 */
import type { Ranked } from './run.js';

/** O(log n). */
export function push<T extends Ranked>(heap: T[], element: T): void {
  let at = heap.length;
  heap.push(element);
  while (at > 0) {
    const parent = (at - 1) >>> 1;
    if (heap[parent].first <= element.first) break;
    heap[at] = heap[parent];
    at = parent;
  }
  heap[at] = element;
}

/** Takes the root out; the heap is not empty. O(log n). */
export function poll<T extends Ranked>(heap: T[]): T {
  const root = heap[0];
  const last = heap.pop() as T;
  if (heap.length > 0) siftDown(heap, 0, last);
  return root;
}

/** Takes out what `gone` says and returns how many that were. O(n). */
export function removeWhere<T extends Ranked>(heap: T[], gone: (element: T) => boolean): number {
  let kept = 0;
  for (const element of heap) if (!gone(element)) heap[kept++] = element;
  const removed = heap.length - kept;
  if (removed === 0) return 0;
  heap.length = kept;
  for (let at = (kept >>> 1) - 1; at >= 0; at--) siftDown(heap, at, heap[at]);
  return removed;
}

function siftDown<T extends Ranked>(heap: T[], start: number, element: T): void {
  const half = heap.length >>> 1;
  let at = start;
  while (at < half) {
    let child = 2 * at + 1;
    if (child + 1 < heap.length && heap[child + 1].first < heap[child].first) child++;
    if (element.first <= heap[child].first) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = element;
}
