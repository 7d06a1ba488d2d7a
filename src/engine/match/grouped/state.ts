import { type Branch, inTime } from '../compact/branch.js';
import { type Arena, clear, emptyArena, survey } from '../compact/state.js';
import type { Groups } from './grouping.js';

/** All that changes while a pattern runs over one key's events. `latest` is a bound here. */
export interface GroupedState extends Arena {
  /** By number of the state; some sets may be out of time. */
  readonly groups: readonly Groups[];
}

export function emptyState(states: number): GroupedState {
  return { groups: Array.from({ length: states }, () => new Map<unknown, Branch>()), ...emptyArena() };
}

export function* setsOf({ groups }: GroupedState): Iterable<Branch> {
  for (const of of groups) yield* of.values();
}

export function hasGroups({ groups }: GroupedState): boolean {
  for (let i = 0; i < groups.length; i++) if (groups[i].size > 0) return true;
  return false;
}

/** Gives up what is out of time, and counts the rest. O(groups and nodes). */
export function prune(state: GroupedState): void {
  for (const of of state.groups) {
    for (const [key, set] of of) {
      const head = inTime(set, state.cutoff);
      if (head === undefined) of.delete(key);
      else of.set(key, head);
    }
  }
  if (hasGroups(state)) survey(state, [...setsOf(state)]);
  else clear(state);
}

export function forgetAll(state: GroupedState): void {
  for (const of of state.groups) of.clear();
  clear(state);
}
