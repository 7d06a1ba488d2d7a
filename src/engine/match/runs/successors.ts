import type { Event } from '../../event/event.js';
import type { Nfa, NfaEdge, NfaState } from '../../nfa/index.js';
import type { MatchOutput } from '../matcher.js';
import { GuardEvaluator } from '../guard-evaluator.js';
import { PathView } from './path-view.js';
import { ReusedList } from './reused-list.js';
import { isRun, link, type Link, type Ranked, type Run, START } from './run.js';
import type { CompiledExpression } from '../../expr/index.js';

/**
 * What one run becomes by one event. The lists are reused: valid until the next `of`. A run that only goes
 * on waiting is its own successor, so an event that matches nothing allocates nothing.
 */
export class Successors {
  /** In the order of ties: the state's own edges, then those it proceeds to. */
  readonly runs = new ReusedList<Ranked>();
  /** Last events of the matches completed. */
  readonly matches = new ReusedList<Link>();
  /** The run dies, with its successors but not with its matches. */
  stopped = false;
  /** Did any run take the event? */
  taken = false;

  readonly #nfa: Nfa;
  readonly #guards: GuardEvaluator;
  readonly #view: PathView;
  readonly #stack: number[] = [];
  readonly #finishStack: number[] = [];
  #event!: Event;
  #sequence = 0;

  constructor(nfa: Nfa, functions: readonly CompiledExpression[]) {
    this.#nfa = nfa;
    this.#guards = new GuardEvaluator(nfa, functions);
    this.#view = new PathView(nfa.stepNames.length);
  }

  /** `sequence`: the number the event gets if it is taken. */
  beginEvent(event: Event, sequence: number, out: MatchOutput): void {
    this.#event = event;
    this.#sequence = sequence;
    this.taken = false;
    this.#guards.beginEvent(event, out);
  }

  of(ranked: Ranked): void {
    this.runs.clear();
    this.matches.clear();
    this.stopped = false;
    const run = isRun(ranked) ? ranked : undefined;
    this.#guards.beginMatch(this.#view.show(run?.last));
    const stack = this.#stack;
    stack.push(run === undefined ? this.#nfa.start : run.state);
    while (stack.length > 0) {
      const state = this.#nfa.states[stack.pop() as number];
      for (const edge of state.edges) if (this.#guards.holds(edge.guard)) this.#follow(edge, state, run);
    }
    if (run === undefined) this.runs.push(START);
  }

  /** Of the run asked for last: it only goes on waiting. */
  staysAs(run: Ranked): boolean {
    return !this.stopped && this.matches.size === 0 && this.runs.size === 1 && this.runs.at(0) === run;
  }

  #follow(edge: NfaEdge, from: NfaState, run: Run | undefined): void {
    if (edge.action === 'proceed') this.#stack.push(edge.target);
    else if (edge.action === 'take') this.#take(edge.target, from, run);
    else if (run !== undefined) this.#ignore(edge.target, run);
  }

  #take(target: number, from: NfaState, run: Run | undefined): void {
    const state = this.#nfa.states[target];
    if (state.kind === 'stop') {
      this.stopped = true;
      return;
    }
    this.taken = true;
    const last = link(this.#event, from.step, this.#sequence, run?.last);
    if (state.kind === 'final') {
      this.matches.push(last);
      return;
    }
    this.runs.push(makeRun(target, last, run?.first ?? this.#sequence, run?.startTime ?? this.#event.time));
    if (state.mayFinish && this.#finishes(target)) this.matches.push(last);
  }

  #ignore(target: number, run: Run): void {
    if (this.#nfa.states[target].kind === 'final') this.matches.push(run.last);
    else this.runs.push(target === run.state ? run : makeRun(target, run.last, run.first, run.startTime));
  }

  /** Is what follows optional for this event? */
  #finishes(target: number): boolean {
    const stack = this.#finishStack;
    stack.length = 0;
    stack.push(target);
    while (stack.length > 0) {
      for (const { action, target: next, guard } of this.#nfa.states[stack.pop() as number].edges) {
        if (action !== 'proceed' || !this.#guards.holds(guard)) continue;
        if (this.#nfa.states[next].kind === 'final') return true;
        stack.push(next);
      }
    }
    return false;
  }
}

/** One place makes runs, so that they have one shape. */
export function makeRun(state: number, last: Link, first: number, startTime: number): Run {
  return { first, state, last, startTime };
}
