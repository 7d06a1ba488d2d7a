/** Functions that are given the matches of a pattern (Flink's names). B: what the pattern's steps are bound to. */
import type { OutputTag } from '../operator/stream-operator.js';
import type { Bindings, EventOf } from '../pattern/builder/index.js';
import type { Pattern } from '../pattern/builder/pattern.js';
import type { Collector, RuntimeContext } from '../stream/functions/functions.js';

/** What a pattern binds: `PatternProcessFunction<BindingsOf<typeof pattern>, Alert>`. */
export type BindingsOf<P> = P extends Pattern<any, infer B, any, any> ? B : never;

/** For each step the elements it took, in order. A step that may be left out, or loop, may have taken none: it is absent. */
export type PatternMatch<B extends Bindings> = { readonly [K in keyof B]: Taken<B[K]> };

type Taken<S> = [undefined] extends [S] ? List<S> | undefined : S extends readonly unknown[] ? List<S> | undefined : readonly [S, ...S[]];
type List<S> = readonly EventOf<S>[];

/** What a partial match took until it ran out of time; steps that it had not come to are absent. */
export type PartialPatternMatch<B extends Bindings> = { readonly [K in keyof B]?: readonly EventOf<B[K]>[] };

export interface PatternContext {
  /** When the match came, or the partial match ran out of time, epoch ms. */
  timestamp(): number;
  currentProcessingTime(): number;
  output<X>(tag: OutputTag<X>, value: X): void;
}

export interface PatternProcessFunction<B extends Bindings, OUT> {
  open?(context: RuntimeContext): void;
  processMatch(match: PatternMatch<B>, context: PatternContext, out: Collector<OUT>): void;
  close?(): void;
}

/** A PatternProcessFunction that is one, too, is told of partial matches that ran out of time; it may give them to side outputs. */
export interface TimedOutPartialMatchHandler<B extends Bindings> {
  processTimedOutMatch(match: PartialPatternMatch<B>, context: PatternContext): void;
}

export type PatternSelectFunction<B extends Bindings, OUT> = (match: PatternMatch<B>) => OUT;
export type PatternFlatSelectFunction<B extends Bindings, OUT> = (match: PatternMatch<B>, out: Collector<OUT>) => void;

/** `time`: when it ran out, epoch ms. */
export type PatternTimeoutFunction<B extends Bindings, OUT> = (match: PartialPatternMatch<B>, time: number) => OUT;
export type PatternFlatTimeoutFunction<B extends Bindings, OUT> = (
  match: PartialPatternMatch<B>,
  time: number,
  out: Collector<OUT>,
) => void;
