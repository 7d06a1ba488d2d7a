import type { OutputTag } from '../../operator/stream-operator.js';
import type { WindowAssigner } from '../../window/assigners/window-assigner.js';
import type { Trigger } from '../../window/triggers/trigger.js';
import { listContents } from '../../window/window-contents.js';
import { WindowOperator } from '../../window/window-operator.js';
import type { Window } from '../../window/window.js';
import type { Collector, KeySelector } from '../functions/functions.js';
import { type CoGroupFunction, coGroupWindowFunction, joinFunction } from '../join/co-group.js';
import { type IntervalBounds, IntervalJoinOperator } from '../join/interval-join-operator.js';
import type { Tagged } from '../join/tagged.js';
import { FlatMapOperator } from '../operators/simple-operators.js';
import { DataStream, type SingleOutputStream } from './data-stream.js';
import { addOneInput, addTwoInput, type StreamSource } from './ports.js';

interface Keys<L, R, K> {
  readonly left: KeySelector<L, K>;
  readonly right: KeySelector<R, K>;
}

/** Two streams whose elements of one key and window are given together: `where(…).equalTo(…).window(…)`. */
export class CoGroupedStreams<L, R> {
  constructor(
    private readonly left: DataStream<L>,
    private readonly right: DataStream<R>,
  ) {}

  where<K>(left: KeySelector<L, K>) {
    return {
      equalTo: (right: KeySelector<R, K>) => ({
        window: <W extends Window>(assigner: WindowAssigner<Tagged<L, R>, W>) =>
          new CoGroupWindow<L, R, K, W>(this.left, this.right, { left, right }, { assigner }),
      }),
    };
  }
}

/** Two streams whose pairs of one key and window are given. */
export class JoinedStreams<L, R> {
  constructor(
    private readonly left: DataStream<L>,
    private readonly right: DataStream<R>,
  ) {}

  where<K>(left: KeySelector<L, K>) {
    return {
      equalTo: (right: KeySelector<R, K>) => ({
        window: <W extends Window>(assigner: WindowAssigner<Tagged<L, R>, W>) =>
          new JoinWindow<L, R, K, W>(this.left, this.right, { left, right }, { assigner }),
      }),
    };
  }
}

interface Settings<L, R, W extends Window> {
  readonly assigner: WindowAssigner<Tagged<L, R>, W>;
  readonly trigger?: Trigger<Tagged<L, R>, W>;
  readonly allowedLateness?: number;
}

abstract class TwoStreamWindow<L, R, K, W extends Window> {
  constructor(
    protected readonly left: DataStream<L>,
    protected readonly right: DataStream<R>,
    protected readonly keys: Keys<L, R, K>,
    protected readonly settings: Settings<L, R, W>,
  ) {}

  /** Both sides as one keyed stream through one window operator. */
  protected operate<OUT>(name: string, coGroup: CoGroupFunction<L, R, OUT>): SingleOutputStream<OUT> {
    const left = this.left.transform<Tagged<L, R>>(
      'left',
      () => new FlatMapOperator<L, Tagged<L, R>>((value, out) => out({ side: 'left', value })),
    );
    const right = this.right.transform<Tagged<L, R>>(
      'right',
      () => new FlatMapOperator<R, Tagged<L, R>>((value, out) => out({ side: 'right', value })),
    );
    const keyed = left
      .union(right)
      .keyBy((element) => (element.side === 'left' ? this.keys.left(element.value) : this.keys.right(element.value)));
    const options = { ...this.settings, contents: listContents<Tagged<L, R>, W>(), function: coGroupWindowFunction<L, R, OUT, W>(coGroup) };
    return DataStream.of<OUT>(
      keyed.graph,
      addOneInput(keyed, name, () => new WindowOperator(options)),
    );
  }
}

export class CoGroupWindow<L, R, K, W extends Window> extends TwoStreamWindow<L, R, K, W> {
  trigger(trigger: Trigger<Tagged<L, R>, W>): CoGroupWindow<L, R, K, W> {
    return new CoGroupWindow(this.left, this.right, this.keys, { ...this.settings, trigger });
  }

  allowedLateness(ms: number): CoGroupWindow<L, R, K, W> {
    return new CoGroupWindow(this.left, this.right, this.keys, { ...this.settings, allowedLateness: ms });
  }

  /** Called with all elements of both sides; one of them may be empty. */
  apply<OUT>(fn: (left: readonly L[], right: readonly R[], out: Collector<OUT>) => void): SingleOutputStream<OUT> {
    return this.operate('coGroup', fn);
  }
}

export class JoinWindow<L, R, K, W extends Window> extends TwoStreamWindow<L, R, K, W> {
  trigger(trigger: Trigger<Tagged<L, R>, W>): JoinWindow<L, R, K, W> {
    return new JoinWindow(this.left, this.right, this.keys, { ...this.settings, trigger });
  }

  allowedLateness(ms: number): JoinWindow<L, R, K, W> {
    return new JoinWindow(this.left, this.right, this.keys, { ...this.settings, allowedLateness: ms });
  }

  /** Called for each pair. */
  apply<OUT>(fn: (left: L, right: R) => OUT): SingleOutputStream<OUT> {
    return this.operate('join', joinFunction(fn));
  }
}

/** Bounds in ms of event time, both included unless said otherwise. */
export class IntervalJoin<L, R, K> {
  constructor(
    private readonly left: StreamSource,
    private readonly right: StreamSource,
    private readonly bounds: IntervalBounds,
    private readonly late: { readonly leftLateDataTag?: OutputTag<L>; readonly rightLateDataTag?: OutputTag<R> } = {},
  ) {}

  lowerBoundExclusive(): IntervalJoin<L, R, K> {
    return new IntervalJoin<L, R, K>(this.left, this.right, { ...this.bounds, lowerExclusive: true }, this.late);
  }

  upperBoundExclusive(): IntervalJoin<L, R, K> {
    return new IntervalJoin<L, R, K>(this.left, this.right, { ...this.bounds, upperExclusive: true }, this.late);
  }

  sideOutputLeftLateData(leftLateDataTag: OutputTag<L>): IntervalJoin<L, R, K> {
    return new IntervalJoin<L, R, K>(this.left, this.right, this.bounds, { ...this.late, leftLateDataTag });
  }

  sideOutputRightLateData(rightLateDataTag: OutputTag<R>): IntervalJoin<L, R, K> {
    return new IntervalJoin<L, R, K>(this.left, this.right, this.bounds, { ...this.late, rightLateDataTag });
  }

  /** Called for each pair, with the later of the two times. */
  process<OUT>(fn: (left: L, right: R, timestamp: number, out: Collector<OUT>) => void): SingleOutputStream<OUT> {
    const options = { bounds: this.bounds, process: fn, ...this.late };
    const node = addTwoInput(this.left, this.right, 'interval join', () => new IntervalJoinOperator<L, R, OUT>(options));
    return DataStream.of<OUT>(this.left.graph, node);
  }
}
