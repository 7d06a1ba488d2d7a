import { parentPort, workerData } from 'node:worker_threads';
import { readRuleDocument, STORED } from '../../engine/rule/index.js';
import { simulate } from '../simulate.js';
import type { SimulationTask } from '../simulation-thread.js';

/** One simulation in a thread of its own: it can be ended from outside, whatever its rule does. */
const { text, format, events, watermark, explain, lists } = workerData as SimulationTask;
const { rule } = readRuleDocument(text, { format, ...STORED });
if (rule === undefined) throw new Error('the rule to simulate has problems');
parentPort?.postMessage(simulate(rule, events, { watermark, explain, lists }));
