/** A program as a graph of operators, as it was written (Flink's StreamGraph); job-graph.ts makes chains of them. */
import type { OneInputStreamOperator, TwoInputStreamOperator } from '../../operator/stream-operator.js';
import type { WatermarkStrategy } from '../../time/watermark-strategy.js';
import type { Committer, SinkWriter } from '../functions/sink.js';
import type { SourceReader } from '../functions/source.js';

// biome-ignore lint/suspicious/noExplicitAny: operators of any element type stand in one graph
export type AnyOneInput = OneInputStreamOperator<any, any>;
// biome-ignore lint/suspicious/noExplicitAny: operators of any element type stand in one graph
export type AnyTwoInput = TwoInputStreamOperator<any, any, any>;

/** Which of the next operator's subtasks an element goes to. */
export type Partitioner =
  /** The one of the same number; with another parallelism it is `rebalance`. */
  | { readonly kind: 'forward' }
  /** In turn. `rescale` deals only to the subtasks next to it. */
  | { readonly kind: 'rebalance' | 'rescale' | 'shuffle' | 'broadcast' | 'global' }
  /** By the key's group. */
  | { readonly kind: 'hash' }
  | { readonly kind: 'custom'; select(value: unknown, subtasks: number): number };

export interface StreamEdge {
  readonly from: StreamNode;
  /** The id of a side output; absent: the main output. */
  readonly side?: string;
  readonly partitioner: Partitioner;
  /** Which input of a two-input operator. */
  readonly input: 0 | 1;
  /** Set when the receiving operator is keyed. */
  readonly key?: (value: unknown) => unknown;
}

interface CommonNode {
  /** From 1, in the order made: inputs have lower numbers. */
  readonly id: number;
  name: string;
  /** Names the operator's state in checkpoints whatever becomes of the program around it; unique in the program. */
  uid?: string;
  parallelism: number;
  /** Key groups of its keyed state; absent: the program's. */
  maxParallelism?: number;
  /** Whose slots its subtasks run in; absent: its inputs', when they agree. */
  slotSharingGroup?: string;
  readonly inputs: readonly StreamEdge[];
  /** Elements leave the program here. */
  readonly isSink?: boolean;
  /** Whether it may run in one chain with the operator before it. */
  chaining: 'always' | 'head' | 'never';
}

export type StreamNode = CommonNode &
  (
    | { readonly kind: 'source'; readonly reader: () => SourceReader<unknown>; readonly strategy: WatermarkStrategy<unknown> | undefined }
    | {
        readonly kind: 'oneInput';
        readonly operator: () => AnyOneInput;
        /** Of a sink in two phases: one for all its subtasks. */
        readonly committer?: () => Committer<unknown>;
      }
    | { readonly kind: 'twoInput'; readonly operator: () => AnyTwoInput }
  );

/** What is new about a node; the graph numbers it. */
export type NewNode = StreamNode extends infer N
  ? N extends StreamNode
    ? Omit<N, 'id' | 'chaining' | 'parallelism'> & { parallelism?: number }
    : never
  : never;

/** Who runs a program, and what it has for it. */
export interface ProgramHost {
  /** Writes elements to the standard output of the program. */
  printSink(graph: StreamGraph): SinkWriter<unknown>;
  /** Resolves once the program has ended. */
  execute(graph: StreamGraph, jobName: string): Promise<unknown>;
}

export const DEFAULT_SLOT_SHARING_GROUP = 'default';

/** That of its own, else that of its inputs when they agree, else the default one. */
export function slotSharingGroupOf(node: StreamNode): string {
  if (node.slotSharingGroup !== undefined) return node.slotSharingGroup;
  const [first = DEFAULT_SLOT_SHARING_GROUP, ...others] = node.inputs.map(({ from }) => slotSharingGroupOf(from));
  return others.every((group) => group === first) ? first : DEFAULT_SLOT_SHARING_GROUP;
}

/** How elements really go along an edge: between different parallelisms `forward` is `rebalance`. */
export function shipStrategyOf(node: StreamNode, { from, partitioner }: StreamEdge): Partitioner['kind'] {
  return partitioner.kind === 'forward' && node.parallelism !== from.parallelism ? 'rebalance' : partitioner.kind;
}

export class StreamGraph {
  readonly nodes: StreamNode[] = [];
  /** ms of processing time between two periodic watermarks. */
  autoWatermarkInterval = 200;
  maxParallelism = 128;
  /** How often it has been run: a function's instance serves one subtask of each run. */
  executions = 0;

  constructor(
    readonly host: ProgramHost,
    public parallelism = 1,
  ) {}

  /** @throws RangeError unless it is a whole number from 1 to the program's maximum */
  checkParallelism(parallelism: number): void {
    if (!Number.isInteger(parallelism) || parallelism < 1 || parallelism > this.maxParallelism)
      throw new RangeError(`parallelism must be a whole number from 1 to ${this.maxParallelism}: ${parallelism}`);
  }

  add(node: NewNode): StreamNode {
    const added = { parallelism: this.parallelism, ...node, id: this.nodes.length + 1, chaining: 'always' } as StreamNode;
    this.nodes.push(added);
    return added;
  }
}
