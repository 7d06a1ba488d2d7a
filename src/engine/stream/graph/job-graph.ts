/** A stream graph with its operators put together into chains (Flink's JobGraph), as a plan shows it. */
import type { StreamEdge, StreamGraph, StreamNode } from './stream-graph.js';

/** Operators that hand elements on by a call, each subtask to the next of its number. */
export interface JobVertex {
  readonly id: number;
  readonly name: string;
  readonly parallelism: number;
  readonly operators: readonly StreamNode[];
}

export interface JobEdge {
  readonly from: JobVertex;
  readonly to: JobVertex;
  /** How elements are dealt out: forward, hash, rebalance, … */
  readonly ship: string;
}

export interface JobGraph {
  readonly vertices: readonly JobVertex[];
  readonly edges: readonly JobEdge[];
}

export function jobGraphOf({ nodes }: StreamGraph): JobGraph {
  const chains: StreamNode[][] = [];
  const chainOf = new Map<StreamNode, StreamNode[]>();
  for (const node of nodes) {
    const [edge] = node.inputs;
    const before = edge !== undefined && isChainable(node, edge) ? chainOf.get(edge.from) : undefined;
    const chain = before ?? [];
    if (before === undefined) chains.push(chain);
    chain.push(node);
    chainOf.set(node, chain);
  }
  const vertices = new Map(chains.map((chain) => [chain, vertexOf(chain)]));
  const vertexOfNode = (node: StreamNode): JobVertex => vertices.get(chainOf.get(node) as StreamNode[]) as JobVertex;
  const edges = nodes
    .flatMap((node) => node.inputs.map((edge) => ({ from: vertexOfNode(edge.from), to: vertexOfNode(node), ship: shipOf(node, edge) })))
    .filter(({ from, to }) => from !== to);
  return { vertices: [...vertices.values()], edges };
}

/** The only input, straight from an operator of the same parallelism, and neither says otherwise. */
function isChainable(node: StreamNode, { from, partitioner }: StreamEdge): boolean {
  if (node.inputs.length !== 1 || partitioner.kind !== 'forward') return false;
  return node.parallelism === from.parallelism && node.chaining === 'always' && from.chaining !== 'never';
}

function vertexOf(operators: readonly StreamNode[]): JobVertex {
  const [{ id, parallelism }] = operators;
  return { id, name: operators.map(({ name }) => name).join(' -> '), parallelism, operators };
}

function shipOf(node: StreamNode, { from, partitioner }: StreamEdge): string {
  return partitioner.kind === 'forward' && node.parallelism !== from.parallelism ? 'rebalance' : partitioner.kind;
}

/** Chains as boxes, with their operators and parallelism, and how elements go from one to the next. */
export function drawJobGraph({ vertices, edges }: JobGraph): string {
  const text = (value: string): string => value.replaceAll('"', '#quot;');
  const boxes = vertices.map(({ id, name, parallelism }) => `  v${id}["${text(name)} (${parallelism})"]`);
  const arrows = edges.map(({ from, to, ship }) => `  v${from.id} -->|${ship}| v${to.id}`);
  return ['flowchart LR', ...boxes, ...arrows, ''].join('\n');
}
