/** The graphs of a program as JSON; `nodes` has the shape of Flink's execution plan, which its plan visualizer draws. */
import { type ExecutionVertex, executionGraphOf } from './execution-graph.js';
import { jobGraphOf } from './job-graph.js';
import { shipStrategyOf, type StreamGraph, type StreamNode } from './stream-graph.js';

export function executionPlanOf(graph: StreamGraph): string {
  const job = jobGraphOf(graph);
  const { vertices, edges, slots } = executionGraphOf(job);
  const jobGraph = {
    vertices: job.vertices.map(({ operators, ...vertex }) => ({ ...vertex, operators: operators.map(({ id }) => id) })),
    edges: job.edges.map(({ from, to, ship, side }) => ({
      from: from.id,
      to: to.id,
      ship_strategy: ship.toUpperCase(),
      side_output: side,
    })),
  };
  const executionGraph = {
    subtasks: vertices.map((subtask) => ({ id: executionIdOf(subtask), vertex: subtask.vertex.id, key_groups: subtask.keyGroups })),
    edges: edges.map(({ from, to, ship }) => ({ from: executionIdOf(from), to: executionIdOf(to), ship_strategy: ship.toUpperCase() })),
    slots: slots.map(({ group, index, subtasks }) => ({ group, index, subtasks: subtasks.map(executionIdOf) })),
  };
  return JSON.stringify(
    { nodes: inOrder(graph.nodes).map(asPlanNode), job_graph: jobGraph, execution_graph: executionGraph },
    undefined,
    2,
  );
}

/** `<vertex>_<subtask>`, both as in the plan. */
export function executionIdOf({ vertex, subtask }: ExecutionVertex): string {
  return `${vertex.id}_${subtask}`;
}

/** Sinks last. */
function inOrder(nodes: readonly StreamNode[]): StreamNode[] {
  return nodes.toSorted((a, b) => Number(a.isSink === true) - Number(b.isSink === true) || a.id - b.id);
}

function asPlanNode(node: StreamNode): object {
  const { id, name, parallelism, inputs } = node;
  const pact = node.kind === 'source' ? 'Data Source' : node.isSink === true ? 'Data Sink' : 'Operator';
  const predecessors = inputs.map((edge) => ({
    id: edge.from.id,
    ship_strategy: shipStrategyOf(node, edge).toUpperCase(),
    // Flink looks at the list once the edge is in it, so that it never says "first".
    side: 'second',
  }));
  return { id, type: name, pact, contents: name, parallelism, ...(node.kind !== 'source' && { predecessors }) };
}
