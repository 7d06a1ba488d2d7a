import { OutputTag } from '../../operator/stream-operator.js';
import { TimestampsAndWatermarksOperator } from '../../operator/timestamps-and-watermarks-operator.js';
import type { MapStateDescriptor } from '../../state/keyed/descriptors.js';
import type { WatermarkStrategy } from '../../time/watermark-strategy.js';
import type { GlobalWindow, Window } from '../../window/window.js';
import type { WindowAssigner } from '../../window/assigners/window-assigner.js';
import type {
  FilterFunction,
  FlatMapFunction,
  FunctionFactory,
  KeySelector,
  MapFunction,
  ProcessFunction,
} from '../functions/functions.js';
import type { RichFilterFunction, RichFlatMapFunction, RichMapFunction } from '../functions/rich-functions.js';
import type { Committer, Sink, SinkWriter } from '../functions/sink.js';
import type { AnyOneInput, Partitioner, StreamGraph, StreamNode } from '../graph/stream-graph.js';
import { ProcessOperator } from '../operators/process-operators.js';
import { CollectSink } from '../operators/collect-sink.js';
import { SinkOperator } from '../operators/sink-operator.js';
import { BroadcastConnectedStream, BroadcastStream, ConnectedStreams } from './connected-streams.js';
import { type CoGroupedStreams, type JoinedStreams, PairedStreams } from './paired-streams.js';
import { filtering, flatMapping, mapping, type Rich } from './flat-mapping.js';
import { KeyedStream } from './keyed-stream.js';
import { addOneInput, addSink, FORWARD, instancesOf, type Port, type StreamSource } from './ports.js';
import { WindowedStream } from './windowed-stream.js';

/** A stream of elements of one type (Flink's DataStream). Immutable: each transformation gives a new one. */
export class DataStream<T> implements StreamSource {
  constructor(
    readonly graph: StreamGraph,
    readonly ports: readonly Port[],
  ) {}

  /** The stream of a node's main output. */
  static of<T>(graph: StreamGraph, node: StreamNode): SingleOutputStream<T> {
    return new SingleOutputStream<T>(graph, node);
  }

  map<R>(fn: MapFunction<T, R>): SingleOutputStream<R>;
  map<R>(fn: Rich<RichMapFunction<T, R>>): SingleOutputStream<R>;
  map<R>(fn: MapFunction<T, R> | Rich<RichMapFunction<T, R>>): SingleOutputStream<R> {
    return this.transform('map', mapping(this.graph, fn));
  }

  filter<S extends T>(fn: (value: T) => value is S): SingleOutputStream<S>;
  filter(fn: FilterFunction<T> | Rich<RichFilterFunction<T>>): SingleOutputStream<T>;
  filter(fn: FilterFunction<T> | Rich<RichFilterFunction<T>>): SingleOutputStream<T> {
    return this.transform('filter', filtering(this.graph, fn));
  }

  flatMap<R>(fn: FlatMapFunction<T, R>): SingleOutputStream<R>;
  flatMap<R>(fn: Rich<RichFlatMapFunction<T, R>>): SingleOutputStream<R>;
  flatMap<R>(fn: FlatMapFunction<T, R> | Rich<RichFlatMapFunction<T, R>>): SingleOutputStream<R> {
    return this.transform('flatMap', flatMapping(this.graph, fn));
  }

  process<R>(fn: FunctionFactory<ProcessFunction<T, R>>): SingleOutputStream<R> {
    const instance = instancesOf(this.graph, fn);
    return this.transform('process', () => new ProcessOperator(instance()));
  }

  /** Elements with equal keys belong together. A key is a string, number, boolean, bigint, or a list or object of such. */
  keyBy<F extends keyof T>(field: F): KeyedStream<T, T[F]>;
  keyBy<K>(selector: KeySelector<T, K>): KeyedStream<T, K>;
  keyBy<K>(key: KeySelector<T, K> | keyof T): KeyedStream<T, K> {
    const selector = typeof key === 'function' ? key : (value: T) => value[key] as unknown as K;
    return new KeyedStream(this.graph, this.ports, selector as (value: unknown) => K);
  }

  /** One stream of the elements of all. */
  union(...others: readonly DataStream<T>[]): DataStream<T> {
    return new DataStream(this.graph, [...this.ports, ...others.flatMap(({ ports }) => ports)]);
  }

  connect<B, BK, BV>(other: BroadcastStream<B, BK, BV>): BroadcastConnectedStream<T, B, BK, BV>;
  connect<U>(other: DataStream<U>): ConnectedStreams<T, U>;
  connect<U>(other: DataStream<U> | BroadcastStream<U, unknown, unknown>): unknown {
    if (other instanceof BroadcastStream) return new BroadcastConnectedStream(this, other);
    return new ConnectedStreams<T, U>(this, other);
  }

  join<U>(other: DataStream<U>): JoinedStreams<T, U> {
    return new PairedStreams('join', this, other);
  }

  coGroup<U>(other: DataStream<U>): CoGroupedStreams<T, U> {
    return new PairedStreams('coGroup', this, other);
  }

  /** One window over all elements, whatever their key, in one subtask. */
  windowAll<W extends Window>(assigner: WindowAssigner<T, W>): WindowedStream<T, null, W> {
    return this.#all().window(assigner);
  }

  /** Every `size` elements; with `slide`, every `slide` the last `size`. */
  countWindowAll(size: number, slide?: number): WindowedStream<T, null, GlobalWindow> {
    return this.#all().countWindow(size, slide);
  }

  assignTimestampsAndWatermarks(strategy: WatermarkStrategy<T>): SingleOutputStream<T> {
    const { graph } = this;
    return this.transform('timestamps/watermarks', () => new TimestampsAndWatermarksOperator(strategy, graph.autoWatermarkInterval));
  }

  // where elements go

  rebalance(): DataStream<T> {
    return this.#partitioned({ kind: 'rebalance' });
  }

  rescale(): DataStream<T> {
    return this.#partitioned({ kind: 'rescale' });
  }

  shuffle(): DataStream<T> {
    return this.#partitioned({ kind: 'shuffle' });
  }

  global(): DataStream<T> {
    return this.#partitioned({ kind: 'global' });
  }

  partitionCustom<K>(partition: (key: K, subtasks: number) => number, key: KeySelector<T, K>): DataStream<T> {
    return this.#partitioned({ kind: 'custom', select: (value, subtasks) => partition(key(value as T), subtasks) });
  }

  /** Every subtask gets every element. With a descriptor: for a broadcast state. */
  broadcast(): DataStream<T>;
  broadcast<BK, BV>(state: MapStateDescriptor<BK, BV>): BroadcastStream<T, BK, BV>;
  broadcast<BK, BV>(state?: MapStateDescriptor<BK, BV>): DataStream<T> | BroadcastStream<T, BK, BV> {
    const stream = this.#partitioned({ kind: 'broadcast' });
    return state === undefined ? stream : new BroadcastStream(stream, state);
  }

  // the end

  /** A sink, or a writer of its own: an instance serves one subtask, a function makes one for each. */
  sinkTo<C, S>(sink: Sink<T, C, S> | SinkWriter<T, C, S> | (() => SinkWriter<T, C, S>), name = 'sink'): StreamSink {
    const { createWriter, createCommitter } = sinkOf(sink);
    const committer = createCommitter as (() => Committer<unknown>) | undefined;
    return new StreamSink(
      this.graph,
      addSink(this, name, () => new SinkOperator(createWriter()), committer),
    );
  }

  /** Writes each element to standard output, a line each: texts as they are, others as JSON. */
  print(): StreamSink {
    return this.sinkTo(() => this.graph.host.printSink(this.graph), 'print');
  }

  /** Runs the program and gives the elements of this stream, in the order in which they came. */
  async executeAndCollect(jobName = 'stream program'): Promise<T[]> {
    const sink = new CollectSink<T>();
    this.sinkTo(sink, 'collect');
    await this.graph.host.execute(this.graph, jobName);
    return sink.values;
  }

  /** An operator of your own. */
  transform<R>(name: string, operator: () => AnyOneInput): SingleOutputStream<R> {
    return DataStream.of<R>(this.graph, addOneInput(this, name, operator));
  }

  #all(): KeyedStream<T, null> {
    return new KeyedStream<T, null>(this.graph, this.ports, () => null, 1);
  }

  #partitioned(partitioner: Partitioner): DataStream<T> {
    return new DataStream(
      this.graph,
      this.ports.map((port) => ({ ...port, partitioner })),
    );
  }
}

function sinkOf<T, C, S>(sink: Sink<T, C, S> | SinkWriter<T, C, S> | (() => SinkWriter<T, C, S>)): Sink<T, C, S> {
  if (typeof sink === 'function') return { createWriter: sink };
  if (!('createWriter' in sink)) return { createWriter: () => sink };
  return { createWriter: () => sink.createWriter(), createCommitter: sink.createCommitter && (() => sink.createCommitter!()) };
}

/** What one operator gives: it has a name, a parallelism and side outputs. */
export class SingleOutputStream<T> extends DataStream<T> {
  constructor(
    graph: StreamGraph,
    private readonly node: StreamNode,
  ) {
    super(graph, [{ node, partitioner: FORWARD }]);
  }

  getSideOutput<X>(tag: OutputTag<X>): DataStream<X> {
    return new DataStream<X>(this.graph, [{ node: this.node, side: tag.id, partitioner: FORWARD }]);
  }

  name(name: string): this {
    this.node.name = name;
    return this;
  }

  /** Names the operator's state in checkpoints; give one to each operator of a program that is to change and keep its state. */
  uid(uid: string): this {
    this.node.uid = uid;
    return this;
  }

  setParallelism(parallelism: number): this {
    this.graph.checkParallelism(parallelism);
    this.node.parallelism = parallelism;
    return this;
  }

  /** The key groups of its state, and so the highest parallelism it can ever have. */
  setMaxParallelism(maxParallelism: number): this {
    this.node.maxParallelism = maxParallelism;
    return this;
  }

  /** Its subtasks run in slots of this group; what follows does too, unless it says otherwise. */
  slotSharingGroup(group: string): this {
    this.node.slotSharingGroup = group;
    return this;
  }

  /** A new chain begins here. */
  startNewChain(): this {
    this.node.chaining = 'head';
    return this;
  }

  disableChaining(): this {
    this.node.chaining = 'never';
    return this;
  }
}

/** A sink in the graph. */
export class StreamSink {
  constructor(
    private readonly graph: StreamGraph,
    private readonly node: StreamNode,
  ) {}

  name(name: string): this {
    this.node.name = name;
    return this;
  }

  uid(uid: string): this {
    this.node.uid = uid;
    return this;
  }

  setParallelism(parallelism: number): this {
    this.graph.checkParallelism(parallelism);
    this.node.parallelism = parallelism;
    return this;
  }

  slotSharingGroup(group: string): this {
    this.node.slotSharingGroup = group;
    return this;
  }

  disableChaining(): this {
    this.node.chaining = 'never';
    return this;
  }
}
