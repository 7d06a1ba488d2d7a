import type { StateMapping } from '../../nfa/index.js';
import { SharedPaths } from '../carry.js';
import type { Carried, PartialMatch, Taken } from '../matcher.js';
import { Branch, enumerate, union } from './branch.js';
import { type CompactState, emptyState, prune, settle } from './state.js';

/** The state in another version of the automaton: sets go where their states map to. O(nodes). */
export function carryState(state: CompactState, { states, steps, count }: StateMapping): Carried<CompactState> {
  const carried = { ...emptyState(count), cutoff: state.cutoff };
  const copies = new Copies(steps);
  let dropped = 0;
  state.sets.forEach((set, number) => {
    if (set === undefined) return;
    const target = states[number];
    if (target === undefined) dropped += countMatches([set], state.cutoff);
    else carried.sets[target] = copies.of(set);
  });
  finish(carried);
  return { state: carried, carried: countMatches(carried.sets, carried.cutoff), dropped };
}

/** A state of partial matches that are written out. */
export function adoptMatches(matches: readonly PartialMatch[], count: number): CompactState {
  const adopted = emptyState(count);
  const paths = new SharedPaths<Branch>(({ event, step }: Taken, previous) => new Branch(event, step, previous, undefined));
  for (const { state, path } of matches) adopted.sets[state] = union(paths.of(path), adopted.sets[state]);
  finish(adopted);
  return adopted;
}

/** At most `limit` of the partial matches, written out. */
export function partialMatches({ sets, cutoff }: Pick<CompactState, 'sets' | 'cutoff'>, limit: number): PartialMatch[] {
  const found: PartialMatch[] = [];
  sets.forEach((set, state) => {
    if (found.length >= limit) return;
    enumerate(set, undefined, { after: cutoff, until: Infinity }, (path) => found.push({ state, path }) < limit);
  });
  return found;
}

/** How many partial matches the sets hold; beyond 2^53 that number. Without enumerating them: O(nodes). */
export function countMatches(sets: readonly (Branch | undefined)[], cutoff: number): number {
  const counts = new Map<Branch, number>();
  const stack: Branch[] = [];
  const needed = (branch: Branch | undefined): branch is Branch => branch !== undefined && branch.latest > cutoff;
  const sum = (branch: Branch | undefined): number => (needed(branch) ? (counts.get(branch) ?? 0) : 0);
  for (const set of sets) if (needed(set)) stack.push(set);
  while (stack.length > 0) {
    const node = stack[stack.length - 1];
    const own = node.ownLatest > cutoff ? node.previous : undefined;
    const open = [node.alternative, own].filter((each) => needed(each) && !counts.has(each)) as Branch[];
    if (open.length > 0 && !counts.has(node)) stack.push(...open);
    else {
      stack.pop();
      const ends = node.ownLatest <= cutoff ? 0 : node.previous === undefined ? 1 : sum(own);
      counts.set(node, Math.min(ends + sum(node.alternative), Number.MAX_SAFE_INTEGER));
    }
  }
  return sets.reduce((total, set) => Math.min(total + sum(set), Number.MAX_SAFE_INTEGER), 0);
}

/** The bounds and counts of a state whose sets are new. */
function finish(state: CompactState): void {
  prune(state);
  settle(state);
}

/** Nodes with the step numbers of the new version; what is shared stays shared. */
class Copies {
  readonly #copies = new Map<Branch, Branch>();

  constructor(readonly steps: StateMapping['steps']) {}

  /** Explicit stack: alternatives are long lists. */
  of(set: Branch): Branch {
    const stack = [set];
    while (stack.length > 0) {
      const node = stack[stack.length - 1];
      const open = [node.alternative, node.previous].filter((each) => each !== undefined && !this.#copies.has(each)) as Branch[];
      if (open.length > 0) stack.push(...open);
      else {
        stack.pop();
        if (!this.#copies.has(node)) this.#copies.set(node, this.#copy(node));
      }
    }
    return this.#copies.get(set) as Branch;
  }

  #copy({ event, step, previous, alternative }: Branch): Branch {
    const of = (branch: Branch | undefined) => (branch === undefined ? undefined : this.#copies.get(branch));
    return new Branch(event, event === undefined ? -1 : (this.steps[step] as number), of(previous), of(alternative));
  }
}
