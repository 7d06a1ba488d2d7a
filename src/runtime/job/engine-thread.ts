import { Worker } from 'node:worker_threads';
import { EngineRestartedError } from '../ports/job-control.js';
import { NOTE_BYTES, type NoteReading, readNote } from '../task/evaluation-note.js';
import type { Call, FromEngine, Reply, ToEngine, WorkerData } from '../worker/protocol.js';

/** What a thread was evaluating when it fell silent. */
export type Implicated =
  | { readonly rule: string; readonly stream: string; readonly partition: number; readonly offset: number }
  /** A deadline, epoch ms. */
  | { readonly rule: string; readonly deadline: number };

/** One engine thread as the main thread sees it. After `terminate` every open call has failed. */
export class EngineThread {
  readonly #note = new SharedArrayBuffer(NOTE_BYTES);
  readonly #worker: Worker;
  readonly #calls = new Map<number, { resolve: (reply: Reply) => void; reject: (error: Error) => void }>();
  readonly #names = new Map<number, string>();
  #nextCall = 1;

  constructor(
    options: Omit<WorkerData, 'note'> & { readonly maxHeapMb: number },
    onMessage: (message: FromEngine) => void,
    onDeath: (error: Error) => void,
  ) {
    const { maxAhead, eventLimits, range } = options;
    const data: WorkerData = { note: this.#note, maxAhead, eventLimits, range };
    this.#worker = new Worker(new URL('../worker/engine-worker.js', import.meta.url), {
      workerData: data,
      resourceLimits: { maxOldGenerationSizeMb: options.maxHeapMb },
    });
    this.#worker.on('message', (message: FromEngine) => {
      if (message.type === 'name') this.#names.set(message.number, message.name);
      else onMessage(message);
    });
    this.#worker.on('error', (error) => onDeath(error as Error));
    this.#worker.on('exit', (code) => onDeath(new Error(`the engine's thread ended with code ${code}`)));
  }

  post(message: ToEngine, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** Resolves with the reply; outputs that it depends on have come before. */
  call(call: Call): Promise<Reply> {
    const id = this.#nextCall++;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.post({ type: 'call', id, call });
    });
  }

  reply(message: Extract<FromEngine, { type: 'reply' }>): void {
    const call = this.#calls.get(message.id);
    this.#calls.delete(message.id);
    if (message.error === undefined) call?.resolve(message.result ?? null);
    else call?.reject(new Error(message.error));
  }

  note(): NoteReading {
    return readNote(this.#note);
  }

  implicated(): Implicated | undefined {
    const { rule, partition, offset } = this.note();
    const name = this.#names.get(rule);
    if (name === undefined) return undefined;
    if (partition === 0) return { rule: name, deadline: offset };
    const from = this.#names.get(partition);
    if (from === undefined) return undefined;
    const slash = from.lastIndexOf('/');
    return { rule: name, stream: from.slice(0, slash), partition: Number(from.slice(slash + 1)), offset };
  }

  async terminate(): Promise<void> {
    this.#worker.removeAllListeners();
    await this.#worker.terminate();
    for (const { reject } of this.#calls.values()) reject(new EngineRestartedError('the engine was restarted'));
    this.#calls.clear();
  }
}
