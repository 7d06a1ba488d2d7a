import { Worker } from 'node:worker_threads';
import type { ListUpdate } from '../engine/expr/index.js';
import type { SimulatedEvent, Simulation } from './simulate.js';

/** A rule, already checked, as text, and the events to try it on. */
export interface SimulationTask {
  readonly text: string;
  readonly format: 'yaml' | 'json';
  readonly events: readonly SimulatedEvent[];
  /** Epoch ms. */
  readonly watermark?: number;
  readonly explain?: boolean;
  readonly lists: readonly ListUpdate[];
}

export interface SimulationBounds {
  readonly timeMs: number;
  readonly heapMb: number;
}

/** Runs `simulate` away from the main thread. Rejects when the bounds are reached; the thread is gone then. */
export function simulateInThread(task: SimulationTask, { timeMs, heapMb }: SimulationBounds): Promise<Simulation> {
  const worker = new Worker(new URL('./worker/simulation-worker.js', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  });
  return new Promise<Simulation>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the simulation did not end within ${timeMs} ms`)), timeMs);
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => {
      clearTimeout(timer);
      reject(new Error('the simulation ended without a result'));
    });
  }).finally(() => worker.terminate());
}
