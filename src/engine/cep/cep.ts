import type { OutputTag } from '../operator/stream-operator.js';
import type { Bindings } from '../pattern/builder/index.js';
import type { Pattern } from '../pattern/builder/pattern.js';
import { DataStream, type SingleOutputStream } from '../stream/api/data-stream.js';
import { KeyedStream } from '../stream/api/keyed-stream.js';
import { addOneInput } from '../stream/api/ports.js';
import type { TimeDomain } from '../time/internal-timer-service.js';
import { type CepFunction, CepOperator } from './cep-operator.js';
import type {
  PatternFlatSelectFunction,
  PatternFlatTimeoutFunction,
  PatternProcessFunction,
  PatternSelectFunction,
  PatternTimeoutFunction,
  TimedOutPartialMatchHandler,
} from './pattern-functions.js';

/** Patterns on streams (Flink's CEP). */
export const CEP = {
  /** Matches each key of a keyed stream by itself; a stream without keys is one. In event time, unless it is told otherwise. */
  pattern<T, B extends Bindings>(
    stream: DataStream<T> | KeyedStream<T, unknown>,
    pattern: Pattern<T, B, never, never> | Pattern<T, B, any, any>,
  ): PatternStream<T, B> {
    const keyed = stream instanceof KeyedStream ? stream : stream.keyBy(() => 'all');
    return new PatternStream<T, B>({ stream: keyed as KeyedStream<T, unknown>, pattern, domain: 'event' });
  },
};

interface PatternStreamOptions<T, B extends Bindings> {
  readonly stream: KeyedStream<T, unknown>;
  readonly pattern: Pattern<T, B, any, any>;
  readonly domain: TimeDomain;
  readonly lateDataTag?: OutputTag<T>;
}

/** An object serves one subtask if it is opened; a function makes one for each. */
type Factory<F> = F | (() => F);

/** What is done with the matches of a pattern (Flink's PatternStream). Immutable. */
export class PatternStream<T, B extends Bindings> {
  constructor(private readonly options: PatternStreamOptions<T, B>) {}

  /** Elements are matched as they come, at the wall clock's time. */
  inProcessingTime(): PatternStream<T, B> {
    return new PatternStream({ ...this.options, domain: 'processing' });
  }

  inEventTime(): PatternStream<T, B> {
    return new PatternStream({ ...this.options, domain: 'event' });
  }

  /** Elements that come when time has passed them. */
  sideOutputLateData(tag: OutputTag<T>): PatternStream<T, B> {
    return new PatternStream({ ...this.options, lateDataTag: tag });
  }

  /** A result for each match. */
  select<R>(fn: PatternSelectFunction<B, R>): SingleOutputStream<R>;
  /** Also one for each partial match that ran out of time, as a side output. */
  select<R, L>(fn: PatternSelectFunction<B, R>, timeouts: OutputTag<L>, timeout: PatternTimeoutFunction<B, L>): SingleOutputStream<R>;
  select<R, L>(fn: PatternSelectFunction<B, R>, timeouts?: OutputTag<L>, timeout?: PatternTimeoutFunction<B, L>): SingleOutputStream<R> {
    if (timeouts === undefined || timeout === undefined) return this.flatSelect<R>((match, out) => out(fn(match)));
    return this.flatSelect<R, L>(
      (match, out) => out(fn(match)),
      timeouts,
      (match, time, out) => out(timeout(match, time)),
    );
  }

  /** Any number of results for each match. */
  flatSelect<R>(fn: PatternFlatSelectFunction<B, R>): SingleOutputStream<R>;
  /** Also for each partial match that ran out of time, as a side output. */
  flatSelect<R, L>(
    fn: PatternFlatSelectFunction<B, R>,
    timeouts: OutputTag<L>,
    timeout: PatternFlatTimeoutFunction<B, L>,
  ): SingleOutputStream<R>;
  flatSelect<R, L>(
    fn: PatternFlatSelectFunction<B, R>,
    timeouts?: OutputTag<L>,
    timeout?: PatternFlatTimeoutFunction<B, L>,
  ): SingleOutputStream<R> {
    return this.process<R>(() => ({
      processMatch: (match, _context, out) => fn(match, out),
      ...(timeouts !== undefined &&
        timeout !== undefined && {
          processTimedOutMatch: (match, context) => timeout(match, context.timestamp(), (value) => context.output(timeouts, value)),
        }),
    }));
  }

  /** Any number of results for each match, and side outputs; with its context, and told of time-outs if it handles them. */
  process<R>(fn: Factory<PatternProcessFunction<B, R> & Partial<TimedOutPartialMatchHandler<B>>>): SingleOutputStream<R> {
    const { stream, pattern, domain, lateDataTag } = this.options;
    const definition = pattern.build();
    const instance = instances(fn);
    const operator = (): CepOperator<T, R> =>
      new CepOperator<T, R>({ pattern: definition, domain, lateDataTag, function: instance() as CepFunction<T, R> });
    return DataStream.of<R>(stream.graph, addOneInput(stream, 'cep', operator));
  }
}

function instances<F extends { open?: unknown }>(fn: Factory<F>): () => F {
  if (typeof fn === 'function') return fn;
  let used = false;
  return () => {
    if (used && fn.open !== undefined)
      throw new TypeError('one pattern function that is opened cannot serve several subtasks: give a function that makes one');
    used = true;
    return fn;
  };
}
