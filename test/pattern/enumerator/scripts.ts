/**
 * A pattern as the set of its scripts: what a match does in order, each loop and group written out. A script knows
 * nothing of events: it says which steps take one, what is left out or left behind, and what must not come where.
 */
import {
  type Gap,
  isLeavable,
  type SampleComposite,
  type SampleCondition,
  type SampleItem,
  type SampleLink,
  type SampleNegation,
  type SampleStep,
  type SampleTimes,
} from './sample.js';

/** Where a match waits for an event of a step. */
export interface Position {
  readonly step: SampleStep;
  /** Which event of the step's loop it would be, from 1. */
  readonly nth: number;
  readonly gap: Gap;
  /** Steps whose events a relaxed gap must not hold: the step's own, and the heads of other branches. */
  readonly wanted: readonly SampleStep[];
  /** It may be passed without an event: then its bound ends with the first event that is ignored. */
  readonly leavable: boolean;
  /** It may be passed also when the match has waited there: a round of a group that need not come. */
  readonly waits?: boolean;
  /** Right behind a further round of a group without upper bound the match waits before the position, not at it. */
  readonly between?: boolean;
  /** Longest wait. */
  readonly bound?: number;
  /** The `until` of the group that the step is directly in. */
  readonly groupUntil?: SampleCondition;
  /** What stands right behind the step. */
  readonly following?: SampleItem;
}

export type Action =
  | { readonly kind: 'take'; readonly at: Position }
  | { readonly kind: 'leave'; readonly at: Position }
  | { readonly kind: 'not'; readonly not: SampleNegation };

export type Script = readonly Action[];

const GAP: Readonly<Record<SampleLink, Gap>> = { begin: 'strict', next: 'strict', followedBy: 'relaxed', followedByAny: 'any' };
const ONCE: SampleTimes = { min: 1, max: 1 };

/** How the first step of a list is entered, where the list says so in place of the step. */
interface Head {
  readonly gap: Gap;
  /** The gap inside the head's own loop: a group's head has the group's, not its own. */
  readonly loop?: Gap;
  readonly rivals?: readonly SampleStep[];
  readonly bound?: number;
  /** The whole list may be left out. */
  readonly leavable?: boolean;
  readonly between?: boolean;
}

interface Context {
  readonly head?: Head;
  readonly groupUntil?: SampleCondition;
  /** Behind the whole list. */
  readonly following?: SampleItem;
}

/** All scripts that take at most `most` events. */
export function scriptsOf(steps: readonly SampleItem[], most: number): Script[] {
  return sequence(steps, {}, most);
}

function sequence(items: readonly SampleItem[], context: Context, most: number): Script[] {
  let scripts: Script[] = [[]];
  items.forEach((item, index) => {
    const own: Context = { ...context, head: index === 0 ? context.head : undefined, following: items[index + 1] ?? context.following };
    scripts = scripts.flatMap((begun) => scriptsOfItem(item, own, most - takes(begun)).map((more) => [...begun, ...more]));
  });
  return scripts;
}

function scriptsOfItem(item: SampleItem, context: Context, most: number): Script[] {
  if (item.kind === 'not') return [[{ kind: 'not', not: item }]];
  return item.kind === 'step' ? scriptsOfStep(item, context, most) : scriptsOfRounds(item, context, most);
}

function scriptsOfStep(step: SampleStep, context: Context, most: number): Script[] {
  const { min, max } = step.times ?? ONCE;
  const scripts: Script[] = isLeavable(step) ? [[{ kind: 'leave', at: positionOf(step, 1, context) }]] : [];
  const taken: Action[] = [];
  for (let nth = 1; nth <= Math.min(max, most); nth++) {
    taken.push({ kind: 'take', at: positionOf(step, nth, context) });
    if (nth < min) continue;
    scripts.push(nth < max ? [...taken, { kind: 'leave', at: positionOf(step, nth + 1, context) }] : [...taken]);
  }
  return scripts;
}

function positionOf(step: SampleStep, nth: number, { head, groupUntil, following }: Context): Position {
  const leavable = nth === 1 ? isLeavable(step) || head?.leavable === true : nth > (step.times?.min ?? 1);
  return {
    step,
    nth,
    gap: nth === 1 ? (head?.gap ?? GAP[step.link]) : (head?.loop ?? step.loop),
    wanted: [step, ...(nth === 1 ? (head?.rivals ?? []) : [])],
    leavable,
    between: nth === 1 && head?.between === true,
    // A choice waits for its heads, so its bound holds and not theirs.
    bound: nth === 1 && head?.rivals !== undefined ? head.bound : ownBound(step, nth),
    groupUntil,
    following,
  };
}

/** `times.within` spares the last of the events that are counted, and all that may come beyond `min`: Flink's gaps. */
function ownBound({ times, within }: SampleStep, nth: number): number | undefined {
  if (times === undefined) return within;
  const bounded = times.max === Infinity ? nth <= Math.max(1, times.min) : nth < times.max;
  return bounded ? times.within : undefined;
}

function scriptsOfRounds(item: SampleComposite, context: Context, most: number): Script[] {
  const { min, max } = item.times ?? ONCE;
  const scripts: Script[] = isLeavable(item) ? leaving(item, 1, context) : [];
  let rounds: Script[] = [[]];
  // A round of a group without upper bound takes an event; one that could be empty is refused.
  for (let nth = 1; nth <= (max === Infinity ? Math.max(1, most) : max) && rounds.length > 0; nth++) {
    rounds = rounds.flatMap((begun) => roundsOf(item, nth, context, most - takes(begun)).map((more) => [...begun, ...more]));
    if (nth < min) continue;
    const left = nth < max ? leaving(item, nth + 1, context) : [[]];
    scripts.push(...rounds.flatMap((begun) => left.map((more) => [...begun, ...more])));
  }
  return scripts;
}

/** One round. */
function roundsOf(item: SampleComposite, nth: number, context: Context, most: number): Script[] {
  return item.kind === 'allOf' ? orders(item.branches, item, nth, context, most) : branches(item, nth, context, most);
}

function branches(item: SampleComposite, nth: number, context: Context, most: number): Script[] {
  return item.branches.flatMap((steps) => sequence(steps, insideOf(item, nth, context, steps), most));
}

/** All branches one after the other in each order; `item.loop` rules the gap before the later ones. */
function orders(
  left: SampleComposite['branches'],
  item: SampleComposite,
  nth: number,
  context: Context,
  most: number,
  gap?: Gap,
): Script[] {
  if (left.length === 0) return [[]];
  return left.flatMap((steps) => {
    const others = left.filter((branch) => branch !== steps);
    const first = insideOf(item, nth, context, steps);
    const inside = gap === undefined ? first : { ...first, head: { gap, rivals: others.flatMap(headsOf) } };
    return sequence(steps, inside, most).flatMap((begun) =>
      orders(others, item, nth, context, most - takes(begun), item.loop).map((more) => [...begun, ...more]),
    );
  });
}

/** How a round's list of steps is entered. A choice does the waiting for what is inside it, whatever the links there say. */
function insideOf(item: SampleComposite, nth: number, context: Context, steps: readonly SampleItem[]): Context {
  const { following, head: outer } = context;
  const leavable = nth === 1 ? isLeavable(item) : nth > (item.times?.min ?? 1);
  const chosen = nth === 1 && outer?.rivals !== undefined ? outer : undefined;
  if (item.kind === 'group') {
    // The head is entered by the link of the innermost group that it heads.
    const entered = chosen ?? { gap: nth === 1 ? GAP[item.link] : item.loop };
    const between = item.times?.max === Infinity && nth > Math.max(1, item.times.min) + 1;
    return { head: { ...entered, loop: item.loop, leavable: nth === 1 && leavable, between }, groupUntil: item.until, following };
  }
  const gap = nth === 1 ? (outer?.gap ?? GAP[item.link]) : (outer?.loop ?? item.loop);
  const others = item.branches.filter((branch) => branch !== steps).flatMap(headsOf);
  const bound = chosen === undefined && !leavable ? item.within : chosen?.bound;
  return { head: { gap, rivals: [...others, ...(chosen?.rivals ?? [])], bound, leavable }, groupUntil: context.groupUntil, following };
}

/** Passing where a round would begin. */
function leaving(item: SampleComposite, nth: number, context: Context): Script[] {
  const [steps] = item.branches;
  const inside = insideOf(item, nth, context, steps);
  const [head] = steps;
  if (head.kind === 'not') throw new Error('a group begins with a step that takes an event');
  if (head.kind !== 'step') {
    const [[leave]] = leaving(head, 1, { ...inside, following: steps[1] ?? inside.following });
    if (leave.kind !== 'leave') throw new Error('what may be left is a position');
    return [
      [
        {
          kind: 'leave',
          at: { ...leave.at, groupUntil: context.groupUntil, waits: item.kind === 'group' && nth > 1 && !isLeavable(head) },
        },
      ],
    ];
  }
  // The way out belongs to the list around: the group's own `until` has no say in it.
  const at = { ...positionOf(head, 1, inside), leavable: true, groupUntil: context.groupUntil };
  return [[{ kind: 'leave', at: { ...at, waits: item.kind === 'group' && nth > 1 && !isLeavable(head) } }]];
}

function headsOf([head]: readonly SampleItem[]): readonly SampleStep[] {
  if (head.kind === 'step') return [head];
  if (head.kind === 'not') throw new Error('a branch begins with a step that takes an event');
  return head.kind === 'group' ? headsOf(head.branches[0]) : head.branches.flatMap(headsOf);
}

function takes(script: Script): number {
  return script.filter(({ kind }) => kind === 'take').length;
}
