/** A stream graph with its operators put together into chains (Flink's JobGraph); execution-graph.ts multiplies them. */
import {
  type Partitioner,
  shipStrategyOf,
  slotSharingGroupOf,
  type StreamEdge,
  type StreamGraph,
  type StreamNode,
} from './stream-graph.js';

/** Operators that hand elements on by a call, each subtask to the next of its number. */
export interface JobVertex {
  /** That of its first operator. */
  readonly id: number;
  readonly name: string;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly slotSharingGroup: string;
  /** Inputs before outputs; more than one may follow an operator. */
  readonly operators: readonly StreamNode[];
}

export interface JobEdge {
  readonly from: JobVertex;
  readonly to: JobVertex;
  readonly ship: Partitioner['kind'];
  /** The id of a side output; absent: the main output. */
  readonly side?: string;
}

export interface JobGraph {
  /** Inputs before outputs. */
  readonly vertices: readonly JobVertex[];
  readonly edges: readonly JobEdge[];
}

/** @throws TypeError when two operators have the same uid */
export function jobGraphOf({ nodes, maxParallelism }: StreamGraph): JobGraph {
  checkUids(nodes);
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
  const vertices = new Map(chains.map((chain) => [chain, vertexOf(chain, maxParallelism)]));
  const vertexOfNode = (node: StreamNode): JobVertex => vertices.get(chainOf.get(node) as StreamNode[]) as JobVertex;
  const edges = nodes.flatMap((node) =>
    node.inputs.map((edge) => ({
      from: vertexOfNode(edge.from),
      to: vertexOfNode(node),
      ship: shipStrategyOf(node, edge),
      ...(edge.side !== undefined && { side: edge.side }),
    })),
  );
  return { vertices: [...vertices.values()], edges: edges.filter(({ from, to }) => from !== to) };
}

/**
 * The only input, straight from an operator of the same parallelism and slots, and neither says otherwise (the rules
 * of Flink's StreamingJobGraphGenerator).
 */
function isChainable(node: StreamNode, { from, partitioner }: StreamEdge): boolean {
  if (node.inputs.length !== 1 || partitioner.kind !== 'forward' || node.parallelism !== from.parallelism) return false;
  return node.chaining === 'always' && from.chaining !== 'never' && slotSharingGroupOf(node) === slotSharingGroupOf(from);
}

function vertexOf(operators: readonly StreamNode[], ofProgram: number): JobVertex {
  const [first] = operators;
  const { id, parallelism, maxParallelism = ofProgram } = first;
  const name = operators.map((node) => node.name).join(' -> ');
  return { id, name, parallelism, maxParallelism, slotSharingGroup: slotSharingGroupOf(first), operators };
}

function checkUids(nodes: readonly StreamNode[]): void {
  const byUid = new Map<string, StreamNode>();
  for (const node of nodes) {
    if (node.uid === undefined) continue;
    const other = byUid.get(node.uid);
    if (other !== undefined) throw new TypeError(`the uid "${node.uid}" is that of two operators: ${other.name} and ${node.name}`);
    byUid.set(node.uid, node);
  }
}
