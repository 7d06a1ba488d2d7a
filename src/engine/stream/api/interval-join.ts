import type { OutputTag } from '../../operator/stream-operator.js';
import type { Collector } from '../functions/functions.js';
import { type IntervalBounds, IntervalJoinOperator, type JoinContext } from '../join/interval-join-operator.js';
import { DataStream, type SingleOutputStream } from './data-stream.js';
import { addTwoInput, type StreamSource } from './ports.js';

/** Pairs of two keyed streams that are not too far apart. Bounds in ms of event time, both included unless said otherwise. */
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

  /** Called for each pair (Flink's ProcessJoinFunction); results have the later of the two times. */
  process<OUT>(fn: (left: L, right: R, context: JoinContext, out: Collector<OUT>) => void): SingleOutputStream<OUT> {
    const options = { bounds: this.bounds, process: fn, ...this.late };
    const node = addTwoInput(this.left, this.right, 'interval join', () => new IntervalJoinOperator<L, R, OUT>(options));
    return DataStream.of<OUT>(this.left.graph, node);
  }
}
