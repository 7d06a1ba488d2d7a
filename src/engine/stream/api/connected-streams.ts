import type { MapStateDescriptor } from '../../state/keyed/descriptors.js';
import type {
  BroadcastProcessFunction,
  CoProcessFunction,
  FlatMapFunction,
  FunctionFactory,
  KeyedBroadcastProcessFunction,
  KeySelector,
  MapFunction,
} from '../functions/functions.js';
import { BroadcastProcessOperator, CoProcessOperator } from '../operators/process-operators.js';
import { CoFlatMapOperator } from '../operators/simple-operators.js';
import { DataStream, type SingleOutputStream } from './data-stream.js';
import { addTwoInput, instancesOf, type StreamSource } from './ports.js';

/** Two streams of different types that share an operator and its state (Flink's ConnectedStreams). */
export class ConnectedStreams<A, B, K = unknown> {
  constructor(
    private readonly first: StreamSource,
    private readonly second: StreamSource,
  ) {}

  keyBy<K2>(first: KeySelector<A, K2>, second: KeySelector<B, K2>): ConnectedStreams<A, B, K2> {
    return new ConnectedStreams(
      { ...portsOf(this.first), key: first as KeySelector<unknown, K2> },
      { ...portsOf(this.second), key: second as KeySelector<unknown, K2> },
    );
  }

  map<R>(first: MapFunction<A, R>, second: MapFunction<B, R>): SingleOutputStream<R> {
    return this.flatMap(
      (value, out) => out(first(value)),
      (value, out) => out(second(value)),
    );
  }

  flatMap<R>(first: FlatMapFunction<A, R>, second: FlatMapFunction<B, R>): SingleOutputStream<R> {
    const node = addTwoInput(this.first, this.second, 'co-flatMap', () => new CoFlatMapOperator<A, B, R>(first, second));
    return DataStream.of<R>(this.first.graph, node);
  }

  process<R>(fn: FunctionFactory<CoProcessFunction<A, B, R, K>>): SingleOutputStream<R> {
    const instance = instancesOf(this.first.graph, fn);
    const node = addTwoInput(this.first, this.second, 'co-process', () => new CoProcessOperator(instance() as CoProcessFunction<A, B, R>));
    return DataStream.of<R>(this.first.graph, node);
  }
}

function portsOf({ graph, ports }: StreamSource): StreamSource {
  return { graph, ports };
}

/** A stream that every subtask gets whole, for a broadcast state. */
export class BroadcastStream<B, BK, BV> {
  constructor(
    readonly stream: DataStream<B>,
    readonly state: MapStateDescriptor<BK, BV>,
  ) {}
}

/** A stream beside a broadcast state. */
export class BroadcastConnectedStream<T, B, BK, BV> {
  constructor(
    private readonly stream: StreamSource,
    private readonly broadcast: BroadcastStream<B, BK, BV>,
  ) {}

  process<R>(fn: FunctionFactory<BroadcastProcessFunction<T, B, R, BK, BV>>): SingleOutputStream<R> {
    const instance = instancesOf(this.stream.graph, fn);
    const { stream, state } = this.broadcast;
    const node = addTwoInput(this.stream, stream, 'broadcast process', () => new BroadcastProcessOperator(instance(), state));
    return DataStream.of<R>(this.stream.graph, node);
  }
}

/** A keyed stream beside a broadcast state. */
export class KeyedBroadcastConnectedStream<T, K, B, BK, BV> {
  constructor(
    private readonly keyed: StreamSource,
    private readonly broadcast: BroadcastStream<B, BK, BV>,
  ) {}

  process<R>(fn: FunctionFactory<KeyedBroadcastProcessFunction<K, T, B, R, BK, BV>>): SingleOutputStream<R> {
    const instance = instancesOf(this.keyed.graph, fn);
    const { stream, state } = this.broadcast;
    const node = addTwoInput(this.keyed, stream, 'keyed broadcast process', () => new BroadcastProcessOperator(instance(), state));
    return DataStream.of<R>(this.keyed.graph, node);
  }
}
