import type { OutputTag } from '../operator/stream-operator.js';
import type { Bindings, EventOf } from '../pattern/builder/index.js';
import type { Pattern } from '../pattern/builder/pattern.js';
import { DataStream, type SingleOutputStream } from '../stream/api/data-stream.js';
import { KeyedStream } from '../stream/api/keyed-stream.js';
import { addOneInput } from '../stream/api/ports.js';
import { CepOperator, type PatternFunctions } from './cep-operator.js';

/** What a match holds: for each step the elements it took, in order; nothing for a step that took none. */
export type PatternMatch<B extends Bindings> = { readonly [K in keyof B]?: readonly EventOf<B[K]>[] };

/** Patterns on streams (Flink's CEP). */
export const CEP = {
  /** Matches each key of a keyed stream by itself; a stream without keys is one. */
  pattern<T, B extends Bindings>(
    stream: DataStream<T> | KeyedStream<T, unknown>,
    pattern: Pattern<T, B, never, never> | Pattern<T, B, any, any>,
  ): PatternStream<T, B> {
    const keyed = stream instanceof KeyedStream ? stream : stream.keyBy(() => 'all');
    return new PatternStream<T, B>(keyed as KeyedStream<T, unknown>, pattern);
  },
};

/** What is done with the matches of a pattern (Flink's PatternStream). Immutable. */
export class PatternStream<T, B extends Bindings> {
  constructor(
    private readonly stream: KeyedStream<T, unknown>,
    private readonly pattern: Pattern<T, B, any, any>,
    private readonly lateDataTag?: OutputTag<T>,
  ) {}

  /** Elements that come when time has passed them. */
  sideOutputLateData(tag: OutputTag<T>): PatternStream<T, B> {
    return new PatternStream(this.stream, this.pattern, tag);
  }

  /** A result for each match. */
  select<R>(fn: (match: PatternMatch<B>) => R): SingleOutputStream<R>;
  /** Also one for each partial match that ran out of time, as a side output; `time` is when, epoch ms. */
  select<R, L>(
    fn: (match: PatternMatch<B>) => R,
    timeouts: OutputTag<L>,
    timeout: (match: PatternMatch<B>, time: number) => L,
  ): SingleOutputStream<R>;
  select<R, L>(
    fn: (match: PatternMatch<B>) => R,
    timeouts?: OutputTag<L>,
    timeout?: (match: PatternMatch<B>, time: number) => L,
  ): SingleOutputStream<R> {
    return this.flatSelect<R, L>((match, out) => out(fn(match)), timeouts, timeout);
  }

  /** Any number of results for each match. */
  flatSelect<R, L = never>(
    fn: (match: PatternMatch<B>, out: (value: R) => void) => void,
    timeouts?: OutputTag<L>,
    timeout?: (match: PatternMatch<B>, time: number) => L,
  ): SingleOutputStream<R> {
    const pattern = this.pattern.build();
    const { lateDataTag } = this;
    const operator = (): CepOperator<T, R> =>
      new CepOperator<T, R>({
        pattern,
        lateDataTag,
        functions: ({ output }): PatternFunctions<T, R> => ({
          processMatch: (match, out) => fn(match as PatternMatch<B>, out),
          processTimedOutMatch: (match, time) => {
            if (timeouts !== undefined && timeout !== undefined)
              output.collectSide(timeouts, timeout(match as PatternMatch<B>, time), time);
          },
        }),
      });
    return DataStream.of<R>(this.stream.graph, addOneInput(this.stream, 'cep', operator));
  }
}
