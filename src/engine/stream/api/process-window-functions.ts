import type { WindowContext, WindowFunction } from '../../window/window-functions.js';
import type { Window } from '../../window/window.js';
import type { Collector, RuntimeContext } from '../functions/functions.js';
import { OperatorRuntimeContext } from '../operators/function-contexts.js';

/** Sees a window when it fires: its key, its bounds, state of its own, and what was gathered (Flink's ProcessWindowFunction). */
export interface ProcessWindowFunction<IN, OUT, K, W extends Window> {
  open?(context: RuntimeContext): void;
  process(key: K, context: WindowContext<W>, elements: IN, out: Collector<OUT>): void;
  clear?(context: WindowContext<W>): void;
  close?(): void;
}

/** An object that is opened serves one subtask; a function makes one for each. */
export type WindowFunctionFactory<IN, OUT, K, W extends Window> =
  | ProcessWindowFunction<IN, OUT, K, W>
  | (() => ProcessWindowFunction<IN, OUT, K, W>);

/** As the window operator calls it. */
export function windowFunctions<IN, OUT, K, W extends Window>(
  factory: WindowFunctionFactory<IN, OUT, K, W>,
): () => WindowFunction<IN, OUT, W> {
  let used = false;
  return () => {
    const fn = typeof factory === 'function' ? factory() : factory;
    if (used && fn === factory && fn.open !== undefined)
      throw new TypeError('one window function that is opened cannot serve several subtasks: give a function that makes one');
    used = true;
    return {
      open: (context, state) => fn.open?.(new OperatorRuntimeContext(state, context.subtask, context.parallelism)),
      process: (key, context, elements, out) => fn.process(key as K, context, elements, out),
      clear: (context) => fn.clear?.(context),
      close: () => fn.close?.(),
    };
  };
}

export function identity<C, R, K, W extends Window>(): ProcessWindowFunction<C, R, K, W> {
  return { process: (_key, _context, contents, out) => out(contents as unknown as R) };
}

/** A window function over the folded elements. */
export function folding<T, A, R, K, W extends Window>(
  fold: (elements: readonly T[]) => A,
  factory: WindowFunctionFactory<A, R, K, W> = identity(),
): () => ProcessWindowFunction<readonly T[], R, K, W> {
  return () => {
    const fn = typeof factory === 'function' ? factory() : factory;
    return {
      open: (context) => fn.open?.(context),
      process: (key, context, elements, out) => {
        if (elements.length > 0) fn.process(key, context, fold(elements), out);
      },
      clear: (context) => fn.clear?.(context),
      close: () => fn.close?.(),
    };
  };
}
