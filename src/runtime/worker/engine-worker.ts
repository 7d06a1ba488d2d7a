import { parentPort, workerData } from 'node:worker_threads';
import { EngineHost } from './engine-host.js';
import type { FromEngine, ToEngine, WorkerData } from './protocol.js';

/** The engine's thread: hands messages to the host and answers back. */
const port = parentPort;
if (port === null) throw new Error('engine-worker runs in a worker thread');
const host = new EngineHost(workerData as WorkerData, (message: FromEngine, transfer?: ArrayBuffer[]) =>
  port.postMessage(message, transfer),
);
port.on('message', (message: ToEngine) => host.handle(message));
