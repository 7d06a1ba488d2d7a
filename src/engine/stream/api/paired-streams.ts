import type { WindowAssigner } from '../../window/assigners/window-assigner.js';
import type { Evictor } from '../../window/evictors/evictor.js';
import type { Trigger } from '../../window/triggers/trigger.js';
import { evictingContents, listContents } from '../../window/window-contents.js';
import { WindowOperator } from '../../window/window-operator.js';
import type { Window } from '../../window/window.js';
import type { KeySelector } from '../functions/functions.js';
import { type CoGroupFunction, coGroupWindowFunction, joinFunction } from '../join/co-group.js';
import type { Tagged } from '../join/tagged.js';
import { FlatMapOperator } from '../operators/simple-operators.js';
import { DataStream, type SingleOutputStream } from './data-stream.js';
import { addOneInput } from './ports.js';

/** What is given of a key and window: each pair, or all elements of both sides, of which one may be empty. */
interface PairFunctions<L, R, OUT> {
  readonly join: (left: L, right: R) => OUT;
  readonly coGroup: CoGroupFunction<L, R, OUT>;
}

type Mode = 'join' | 'coGroup';

/** Two streams that are put together by key and window: `where(…).equalTo(…).window(…)` (Flink's JoinedStreams and CoGroupedStreams). */
export class PairedStreams<L, R, M extends Mode> {
  constructor(
    private readonly mode: M,
    private readonly left: DataStream<L>,
    private readonly right: DataStream<R>,
  ) {}

  where<K>(left: KeySelector<L, K>) {
    return {
      equalTo: (right: KeySelector<R, K>) => ({
        window: <W extends Window>(assigner: WindowAssigner<Tagged<L, R>, W>) =>
          new PairedWindow<L, R, W, M>(this.mode, this.#keyed(left, right), { assigner }),
      }),
    };
  }

  /** Both sides as one keyed stream. */
  #keyed<K>(left: KeySelector<L, K>, right: KeySelector<R, K>) {
    const lefts = this.left.transform<Tagged<L, R>>(
      'left',
      () => new FlatMapOperator<L, Tagged<L, R>>((value, out) => out({ side: 'left', value })),
    );
    const rights = this.right.transform<Tagged<L, R>>(
      'right',
      () => new FlatMapOperator<R, Tagged<L, R>>((value, out) => out({ side: 'right', value })),
    );
    return lefts.union(rights).keyBy((element) => (element.side === 'left' ? left(element.value) : right(element.value)));
  }
}

export type JoinedStreams<L, R> = PairedStreams<L, R, 'join'>;
export type CoGroupedStreams<L, R> = PairedStreams<L, R, 'coGroup'>;

interface Settings<T, W extends Window> {
  readonly assigner: WindowAssigner<T, W>;
  readonly trigger?: Trigger<T, W>;
  readonly evictor?: Evictor<T, W>;
  readonly allowedLateness?: number;
}

/** Immutable. */
export class PairedWindow<L, R, W extends Window, M extends Mode> {
  constructor(
    private readonly mode: M,
    private readonly keyed: ReturnType<DataStream<Tagged<L, R>>['keyBy']>,
    private readonly settings: Settings<Tagged<L, R>, W>,
  ) {}

  trigger(trigger: Trigger<Tagged<L, R>, W>): PairedWindow<L, R, W, M> {
    return new PairedWindow<L, R, W, M>(this.mode, this.keyed, { ...this.settings, trigger });
  }

  evictor(evictor: Evictor<Tagged<L, R>, W>): PairedWindow<L, R, W, M> {
    return new PairedWindow<L, R, W, M>(this.mode, this.keyed, { ...this.settings, evictor });
  }

  /** @param ms of event time after a window's end */
  allowedLateness(ms: number): PairedWindow<L, R, W, M> {
    return new PairedWindow<L, R, W, M>(this.mode, this.keyed, { ...this.settings, allowedLateness: ms });
  }

  /** Of a join: called for each pair. Of a coGroup: called with all elements of both sides, and a collector. */
  apply<OUT>(fn: PairFunctions<L, R, OUT>[M]): SingleOutputStream<OUT> {
    const { evictor, ...settings } = this.settings;
    const coGroup = this.mode === 'join' ? joinFunction(fn as PairFunctions<L, R, OUT>['join']) : (fn as CoGroupFunction<L, R, OUT>);
    const options = {
      ...settings,
      contents: evictor === undefined ? listContents<Tagged<L, R>, W>() : evictingContents<Tagged<L, R>, W>(evictor),
      function: coGroupWindowFunction<L, R, OUT, W>(coGroup),
    };
    return DataStream.of<OUT>(
      this.keyed.graph,
      addOneInput(this.keyed, this.mode, () => new WindowOperator(options)),
    );
  }
}
