import type { WindowSpec } from '../spec/window-spec.js';

/** How a rule's open windows are kept. */
export interface WindowPlan {
  readonly representation: 'panes' | 'session' | 'count';
  readonly reason: string;
}

const PLANS: { readonly [K in WindowSpec['kind']]: WindowPlan } = {
  tumbling: { representation: 'panes', reason: 'events are folded into one row of numbers for each window' },
  sliding: { representation: 'panes', reason: 'events are folded into panes, one or two for each slide, which windows share' },
  session: { representation: 'session', reason: 'in order of time a key has one open session, folded into one row of numbers' },
  count: { representation: 'count', reason: 'the number of results is remembered for each key, with what the next one needs' },
};

export function windowPlan({ kind }: WindowSpec): WindowPlan {
  return PLANS[kind];
}

/** How much is kept, in words. */
export function windowGrowthText(window: WindowSpec): string {
  switch (window.kind) {
    case 'tumbling':
      return 'one row of numbers for each key with events in the current window';
    case 'sliding':
      return `at most ${panesOf(window)} rows of numbers for each key with events in the last window`;
    case 'session':
      return 'one row of numbers for each key that is active';
    case 'count':
      return window.size === window.every
        ? 'one row of numbers for each key that was ever seen'
        : `at most ${window.size} rows of numbers for each key that was ever seen`;
  }
}

function panesOf({ size, every }: { readonly size: number; readonly every: number }): number {
  return Math.ceil(size / every) * (size % every === 0 ? 1 : 2);
}
