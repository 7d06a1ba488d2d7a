/** How a step is tied to the one before it; the first of a list has `begin`. */
export type Link = 'begin' | 'next' | 'followedBy' | 'followedByAny';

/** Links that forbid their step. */
export type NegativeLink = 'notNext' | 'notFollowedBy';

export const LINKS = ['begin', 'next', 'followedBy', 'followedByAny', 'notNext', 'notFollowedBy'] as const satisfies readonly (
  | Link
  | NegativeLink
)[];

export function isNegative(link: Link | NegativeLink): link is NegativeLink {
  return link === 'notNext' || link === 'notFollowedBy';
}
