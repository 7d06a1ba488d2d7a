import type { Committer } from '../functions/sink.js';
import type { RichFunction, FunctionFactory } from '../functions/functions.js';
import type { AnyOneInput, AnyTwoInput, Partitioner, StreamEdge, StreamGraph, StreamNode } from '../graph/stream-graph.js';

/** Where elements of a stream come from; a union has several. */
export interface Port {
  readonly node: StreamNode;
  readonly side?: string;
  readonly partitioner: Partitioner;
}

export const FORWARD: Partitioner = Object.freeze({ kind: 'forward' });

/** A stream as far as the graph goes: shared by all kinds of streams. */
export interface StreamSource {
  readonly graph: StreamGraph;
  readonly ports: readonly Port[];
  /** Set when the stream is keyed. */
  readonly key?: (value: unknown) => unknown;
  /** Of operators on it; absent: the program's. */
  readonly parallelism?: number;
}

export function edgesOf({ ports, key }: Pick<StreamSource, 'ports' | 'key'>, input: 0 | 1): StreamEdge[] {
  return ports.map(({ node, side, partitioner }) => ({
    from: node,
    side,
    partitioner: key === undefined ? partitioner : { kind: 'hash' },
    input,
    key,
  }));
}

export function addOneInput(source: StreamSource, name: string, operator: () => AnyOneInput): StreamNode {
  const { parallelism } = source;
  return source.graph.add({
    kind: 'oneInput',
    name,
    inputs: edgesOf(source, 0),
    operator,
    ...(parallelism !== undefined && { parallelism }),
  });
}

export function addSink(source: StreamSource, name: string, operator: () => AnyOneInput, committer?: () => Committer<unknown>): StreamNode {
  return source.graph.add({ kind: 'oneInput', name, inputs: edgesOf(source, 0), operator, committer, isSink: true });
}

export function addTwoInput(first: StreamSource, second: StreamSource, name: string, operator: () => AnyTwoInput): StreamNode {
  return first.graph.add({ kind: 'twoInput', name, inputs: [...edgesOf(first, 0), ...edgesOf(second, 1)], operator });
}

/** Each subtask needs a function of its own: an instance serves one subtask only. */
export function instancesOf<F extends RichFunction>(graph: StreamGraph, fn: FunctionFactory<F>): () => F {
  if (typeof fn === 'function') return fn;
  let usedBy: number | undefined;
  return () => {
    if (usedBy === graph.executions)
      throw new TypeError(
        `one ${fn.constructor.name} cannot serve several subtasks: give a function that makes one, () => new ${fn.constructor.name}()`,
      );
    usedBy = graph.executions;
    return fn;
  };
}
