/** The three graphs of a program as Mermaid diagrams. */
import { type ExecutionVertex, executionGraphOf } from './execution-graph.js';
import { executionIdOf } from './execution-plan.js';
import { jobGraphOf, type JobVertex } from './job-graph.js';
import { shipStrategyOf, type StreamGraph } from './stream-graph.js';

export type GraphKind = 'stream' | 'job' | 'execution';

export function drawGraph(graph: StreamGraph, kind: GraphKind): string {
  const lines = { stream: streamLines, job: jobLines, execution: executionLines }[kind](graph);
  return ['flowchart LR', ...lines.map((line) => `  ${line}`), ''].join('\n');
}

/** Operators as they were written. */
function streamLines({ nodes }: StreamGraph): string[] {
  const boxes = nodes.map(({ id, name, parallelism }) => box(`o${id}`, `${name} (${parallelism})`));
  const arrows = nodes.flatMap((node) =>
    node.inputs.map((edge) => arrow(`o${edge.from.id}`, `o${node.id}`, shipStrategyOf(node, edge), edge.side)),
  );
  return [...boxes, ...arrows];
}

/** Chains as boxes, with their parallelism, and how elements go from one to the next. */
function jobLines(graph: StreamGraph): string[] {
  const { vertices, edges } = jobGraphOf(graph);
  const boxes = vertices.map((vertex) => box(`v${vertex.id}`, `${vertex.name} (${vertex.parallelism})${chosenGroup(vertex)}`));
  return [...boxes, ...edges.map(({ from, to, ship, side }) => arrow(`v${from.id}`, `v${to.id}`, ship, side))];
}

/** Subtasks in their slots, and which sends to which. */
function executionLines(graph: StreamGraph): string[] {
  const { slots, edges } = executionGraphOf(jobGraphOf(graph));
  const boxes = slots.flatMap(({ group, index, subtasks }, number) => [
    `subgraph s${number}["slot ${index + 1} of ${text(group)}"]`,
    ...subtasks.map((subtask) => `  ${box(`e${executionIdOf(subtask)}`, labelOf(subtask))}`),
    'end',
  ]);
  return [...boxes, ...edges.map(({ from, to, ship }) => arrow(`e${executionIdOf(from)}`, `e${executionIdOf(to)}`, ship))];
}

function labelOf({ vertex, subtask, keyGroups }: ExecutionVertex): string {
  const groups = keyGroups === undefined ? '' : `<br>key groups ${keyGroups.join('–')}`;
  return `${vertex.name} (${subtask + 1}/${vertex.parallelism})${groups}`;
}

function chosenGroup({ slotSharingGroup }: JobVertex): string {
  return slotSharingGroup === 'default' ? '' : `<br>slots ${slotSharingGroup}`;
}

function box(id: string, label: string): string {
  return `${id}["${text(label)}"]`;
}

function arrow(from: string, to: string, ship: string, side?: string): string {
  return `${from} -->|${side === undefined ? ship : `"${text(side)}: ${ship}"`}| ${to}`;
}

function text(value: string): string {
  return value.replaceAll('"', '#quot;');
}
