/**
 * Why there is no match: the partial match of a key that came furthest, what it waited for, and the conditions that the
 * events after it did not fulfil. Runs the reference matcher and looks at its state between events.
 */
import type { Event } from '../event/event.js';
import type { FieldLayout } from '../event/field-layout.js';
import { type ExpressionScope, type ExpressionTable, ExpressionTableBuilder, type ListStore } from '../expr/index.js';
import type { Match, MatchOutput, Matcher, Taken } from '../match/matcher.js';
import { GuardEvaluator } from '../match/guard-evaluator.js';
import { createRunsMatcher, type RunsState } from '../match/runs/index.js';
import { PathView } from '../match/runs/path-view.js';
import { isRun, type Link, pathTo } from '../match/runs/run.js';
import { compilePattern, type Guard, type Nfa } from '../nfa/index.js';
import type { Pattern } from '../pattern/pattern.js';
import { type Awaited, awaitedIn, failingPart, forbiddenBy, guardText, mayWaitOn, scopesByText } from './awaited.js';
import { explainFailure, type FailedCondition } from './failed-condition.js';

/** What became of the partial match. Times are epoch ms. */
export type Fate =
  /** It waits still, until the deadline if there is one. */
  | { readonly kind: 'open'; readonly deadline?: number }
  | { readonly kind: 'timeout'; readonly time: number }
  /** A notNext or notFollowedBy step's event came. */
  | { readonly kind: 'forbidden'; readonly event: Event; readonly by: string }
  /** The very next event had to fit and did not. */
  | { readonly kind: 'strict'; readonly event: Event }
  /** Another match took it away by the rule's `skip`. */
  | { readonly kind: 'skipped'; readonly event: Event };

/** An event that a step which was waited for did not take. */
export interface Failure extends FailedCondition {
  readonly step: string;
  readonly event: Event;
}

export interface NearMiss {
  readonly stepNames: readonly string[];
  /** Empty when no event began a match. */
  readonly path: readonly Taken[];
  readonly waitingFor: readonly string[];
  readonly fate: Fate;
  /** The first ones, in the order of events. */
  readonly failures: readonly Failure[];
  readonly failureCount: number;
}

const MAX_FAILURES = 20;

/** `events` are one key's, in order, decoded with `layout`; time ends at `watermark`. */
export function findNearMiss(
  pattern: Pattern,
  layout: FieldLayout,
  events: readonly Event[],
  watermark = -Infinity,
  lists?: ListStore,
): NearMiss {
  const search = new NearMissSearch(pattern, layout, lists);
  for (const event of events) search.see(event);
  search.end(watermark);
  return search.result();
}

/** How far a partial match has come: its latest step, then the events it has. */
interface Progress {
  readonly step: number;
  readonly length: number;
}

class NearMissSearch implements MatchOutput {
  readonly #layout: FieldLayout;
  readonly #lists: ListStore | undefined;
  readonly #nfa: Nfa;
  readonly #matcher: Matcher<RunsState>;
  readonly #state: RunsState;
  readonly #guards: GuardEvaluator;
  readonly #view: PathView;
  readonly #scopes: ReadonlyMap<string, ExpressionScope>;
  readonly #progress = new Map<Link, Progress>();
  /** The furthest so far; undefined: the place before the first step. */
  #last: Link | undefined;
  #waiting: readonly number[];
  #fate: Fate | undefined;
  #failures: Failure[] = [];
  #failureCount = 0;

  constructor(pattern: Pattern, layout: FieldLayout, lists: ListStore | undefined) {
    this.#layout = layout;
    this.#lists = lists;
    const builder = new ExpressionTableBuilder(layout);
    this.#nfa = compilePattern(pattern, builder).nfa;
    const table: ExpressionTable = builder.build(lists);
    this.#matcher = createRunsMatcher(this.#nfa, table);
    this.#state = this.#matcher.createState();
    this.#guards = new GuardEvaluator(this.#nfa, table.functions);
    this.#view = new PathView(this.#nfa.stepNames.length);
    this.#scopes = scopesByText(pattern);
    this.#waiting = [this.#nfa.start];
  }

  see(event: Event): void {
    this.#matcher.advanceTime(this.#state, event.time, this);
    const end = this.#fate === undefined ? this.#look(event) : undefined;
    this.#matcher.processEvent(this.#state, event, this);
    if (this.#takeFurther() || this.#fate !== undefined) return;
    const waiting = this.#statesOf(this.#last);
    if (waiting.length > 0) this.#waiting = waiting;
    else this.#fate = end ?? { kind: 'skipped', event };
  }

  end(watermark: number): void {
    this.#matcher.advanceTime(this.#state, watermark, this);
  }

  result(): NearMiss {
    const path = this.#last === undefined ? [] : pathTo(this.#last);
    const waitingFor = [...new Set(this.#waiting.flatMap((state) => this.#awaited(state).map(({ step }) => step)))];
    const fate = this.#fate ?? this.#open();
    return { stepNames: this.#nfa.stepNames, path, waitingFor, fate, failures: this.#failures, failureCount: this.#failureCount };
  }

  // MatchOutput

  match({ kind, path, endTime }: Match): void {
    if (kind === 'timeout' && this.#last !== undefined && path.at(-1) === this.#last) this.#fate ??= { kind: 'timeout', time: endTime };
  }

  conditionError(): void {
    // Shown with the condition that failed by it.
  }

  limitReached(): void {
    // The matcher is made without limits.
  }

  /** Why the furthest partial match does not take the event; how the event ends it, if the pattern says so. */
  #look(event: Event): Fate | undefined {
    this.#guards.beginEvent(event, this);
    this.#guards.beginMatch(this.#view.show(this.#last));
    this.#view.show(this.#last);
    for (const state of this.#waiting)
      for (const awaited of this.#awaited(state)) if (!this.#guards.holds(awaited.guard)) this.#failed(awaited, event);
    for (const state of this.#waiting) {
      const by = forbiddenBy(this.#nfa, state, this.#guards);
      if (by !== undefined) return { kind: 'forbidden', event, by };
    }
    return this.#waiting.some((state) => mayWaitOn(this.#nfa, state, this.#guards)) ? undefined : { kind: 'strict', event };
  }

  #failed({ step, guard }: Awaited, event: Event): void {
    if (++this.#failureCount > MAX_FAILURES) return;
    this.#failures.push({ step, event, ...this.#explain(failingPart(guard, this.#guards), event) });
  }

  #explain(part: Guard, event: Event): FailedCondition {
    const text = guardText(part, this.#nfa);
    const scope = part.kind === 'condition' ? this.#scopes.get(text) : undefined;
    if (scope !== undefined) return explainFailure(text, scope, event, this.#view, this.#layout, this.#lists);
    return { condition: text, part: text, result: 'false', values: part.kind === 'stream' ? { stream: event.stream } : {} };
  }

  /** Follows the partial match that has come further than the one followed, if there is one. */
  #takeFurther(): boolean {
    const before = this.#last;
    for (const run of this.#state.runs) {
      if (!isRun(run) || run.last === this.#last) continue;
      if (this.#last === undefined || isFurther(this.#progressOf(run.last), this.#progressOf(this.#last))) this.#last = run.last;
    }
    if (this.#last === before) return false;
    this.#waiting = this.#statesOf(this.#last);
    this.#fate = undefined;
    this.#failures = [];
    this.#failureCount = 0;
    return true;
  }

  #progressOf(link: Link): Progress {
    const known = this.#progress.get(link);
    if (known !== undefined) return known;
    const before = link.previous === undefined ? { step: -1, length: 0 } : this.#progressOf(link.previous);
    const progress = { step: Math.max(before.step, link.step), length: before.length + 1 };
    this.#progress.set(link, progress);
    return progress;
  }

  #statesOf(last: Link | undefined): number[] {
    if (last === undefined) return [this.#nfa.start];
    return this.#state.runs
      .filter(isRun)
      .filter((run) => run.last === last)
      .map(({ state }) => state);
  }

  #awaited(state: number): Awaited[] {
    return awaitedIn(this.#nfa, state);
  }

  #open(): Fate {
    const deadline = Math.min(
      ...this.#matcher
        .describe(this.#state)
        .filter(({ path }) => path.at(-1) === this.#last)
        .map((each) => each.deadline),
    );
    return Number.isFinite(deadline) ? { kind: 'open', deadline } : { kind: 'open' };
  }
}

function isFurther(a: Progress, b: Progress): boolean {
  return a.step > b.step || (a.step === b.step && a.length > b.length);
}
