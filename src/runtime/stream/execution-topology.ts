import type { StreamGraph, StreamNode } from '../../engine/stream/graph/stream-graph.js';
import { maxParallelismOf } from './checkpoint/restoring.js';
import { routingOf } from './partitioning.js';
import { Subtask } from './subtask.js';

/** The graph's operators by parallelism, joined by channels; inputs before outputs. */
export function connect(graph: StreamGraph): Subtask[] {
  const byNode = new Map<StreamNode, Subtask[]>();
  for (const node of graph.nodes) {
    const subtasks = Array.from({ length: node.parallelism }, (_, index) => new Subtask(node, index));
    byNode.set(node, subtasks);
    for (const { from, side, input, key, partitioner } of node.inputs) {
      const senders = byNode.get(from) as Subtask[];
      for (const sender of senders) {
        const context = {
          subtask: sender.index,
          parallelism: senders.length,
          targets: subtasks.length,
          maxParallelism: maxParallelismOf(node, graph),
        };
        const { reachable, route } = routingOf(partitioner, context);
        const targets = subtasks.map((subtask, index) =>
          reachable.includes(index) ? { subtask, channel: subtask.addChannel(input) } : undefined,
        );
        sender.edges.push({ side, input, key, route, targets });
      }
    }
  }
  return [...byNode.values()].flat();
}
