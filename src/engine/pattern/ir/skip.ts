/** What a match takes away from partial matches and other matches that began before it ended. */
export type Skip =
  | { readonly strategy: 'noSkip' | 'toNext' | 'pastLast' }
  | { readonly strategy: 'toFirst' | 'toLast'; readonly step: string };

export const PLAIN_STRATEGIES = ['noSkip', 'toNext', 'pastLast'] as const;
export const STEP_STRATEGIES = ['toFirst', 'toLast'] as const;
