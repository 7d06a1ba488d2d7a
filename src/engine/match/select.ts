import type { ExpressionTable } from '../expr/index.js';
import type { Nfa } from '../nfa/index.js';
import { createCompactMatcher } from './compact/index.js';
import { movesOf } from './compact/moves.js';
import { createGroupedMatcher, valuesOf } from './grouped/index.js';
import type { MatcherOptions, PatternMatcher, Representation } from './matcher.js';
import { createRunsMatcher } from './runs/index.js';

export type { Representation };

/** Which representation, and why. */
export interface MatcherPlan {
  readonly representation: Representation;
  readonly reason: string;
}

/** The cheapest representation that provably gives what runs give. */
export function planMatcher(nfa: Nfa): MatcherPlan {
  const obstacle = obstacleToSets(nfa);
  if (obstacle !== undefined) return { representation: 'runs', reason: `each open partial match is kept on its own: ${obstacle}` };
  const looking = nfa.conditions.find(({ eventOnly }) => !eventOnly);
  if (looking === undefined) {
    return {
      representation: 'compact',
      reason:
        'partial matches that wait at the same step are kept together: conditions look at the current event alone, and nothing is skipped',
    };
  }
  const why = obstacleToGroups(nfa);
  if (why !== undefined)
    return {
      representation: 'runs',
      reason: `each open partial match is kept on its own: \`${looking.text}\` looks at earlier events, ${why}`,
    };
  return {
    representation: 'grouped',
    reason: `partial matches that wait at the same step with equal values are kept together: \`${looking.text}\` compares with single values of earlier events`,
  };
}

/** `representation` forces one, which must take the pattern: for tests and comparisons. */
export function createMatcher(
  nfa: Nfa,
  table: Pick<ExpressionTable, 'functions'>,
  options: MatcherOptions = {},
  representation: Representation = planMatcher(nfa).representation,
): PatternMatcher<unknown> {
  switch (representation) {
    case 'compact':
      return createCompactMatcher(nfa, table, options);
    case 'grouped':
      return createGroupedMatcher(nfa, table, options);
    case 'runs':
      return createRunsMatcher(nfa, table, options);
  }
}

/** What makes partial matches of one state differ in what an event does to them, or their order count. */
function obstacleToSets(nfa: Nfa): string | undefined {
  if (nfa.skip.strategy !== 'noSkip') return `skip ${nfa.skip.strategy} takes partial matches away by their first event`;
  const bounded = nfa.states.find(({ within }) => within !== undefined);
  if (bounded !== undefined)
    return `\`${bounded.kind === 'absence' ? 'for' : 'within'}\` of step \`${bounded.name}\` counts from the event taken last`;
  if (movesOf(nfa)[nfa.start].stops.length > 0) return 'the pattern begins with what it forbids';
  return undefined;
}

function obstacleToGroups(nfa: Nfa): string | undefined {
  return valuesOf(nfa, movesOf(nfa)) === undefined ? 'and not only by comparing with single values' : undefined;
}
