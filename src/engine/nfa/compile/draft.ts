import { isOptional, type Step, takingSteps } from '../../pattern/ir/step.js';
import type { LoopStep } from '../../pattern/ir/loop-step.js';
import type { SingleStep } from '../../pattern/ir/single-step.js';
import type { LoopContiguity } from '../../pattern/ir/times.js';
import type { Pattern } from '../../pattern/pattern.js';
import { type DraftState, NfaBuilder } from '../builder.js';
import type { PatternGuards } from '../conditions.js';
import { and, type Guard, not, TRUE } from '../guard.js';
import { type Place, standingNegations, stepAfter, stepAt } from '../place.js';

/** The automaton while it is built, with what the steps of all kinds need to know of each other. */
export class PatternDraft {
  readonly builder = new NfaBuilder();
  /** The state after a greedy loop as it was before the loop forbade its events there. */
  readonly ungreedy = new Map<DraftState, DraftState>();
  readonly #numbers: ReadonlyMap<Step, number>;
  readonly #stops = new Map<Step, DraftState>();
  /** Steps that have a state; the first one made is special for `times.within`. */
  readonly #begun = new Set<Step>();
  /** Whether a hub has been made: like a loop's first state, the first one is spared by `times.within`. */
  #hasHub = false;

  constructor(
    readonly pattern: Pattern,
    readonly guards: PatternGuards,
  ) {
    this.#numbers = new Map(takingSteps(pattern.steps).map((step, number) => [step, number]));
  }

  // guards

  where(step: Step): Guard {
    return this.guards.of.get(step)?.where ?? TRUE;
  }

  /** A group's `until` rules out everything inside it. */
  unlessUntil({ level }: Place, guard: Guard): Guard {
    return level.until === undefined ? guard : and(not(level.until), guard);
  }

  take(place: Place, step: Step = stepAt(place)): Guard {
    return this.unlessUntil(place, this.where(step));
  }

  ignore(place: Place, gap: LoopContiguity): Guard | undefined {
    return this.passOver(place, gap, this.where(stepAt(place)));
  }

  /** When an event may be ignored over a gap before what it `fits`. */
  passOver(place: Place, gap: LoopContiguity, fits: Guard): Guard | undefined {
    if (gap === 'strict') return undefined;
    return this.unlessUntil(place, gap === 'any' ? TRUE : not(fits));
  }

  // states

  #number(step: Step): number {
    return this.#numbers.get(step) ?? -1;
  }

  /**
   * A state where the step waits for an event. `times.within` spares the one made first, which is the last
   * of the loop: Flink's gap.
   */
  waiting(step: SingleStep | LoopStep): DraftState {
    const bound = step.kind === 'single' ? step.within : this.#begun.has(step) ? step.times.within : undefined;
    this.#begun.add(step);
    return this.builder.state('normal', step.name, this.#number(step), bound);
  }

  /** A state where the step waits after it has ignored an event: without bound. */
  waitingOn(step: SingleStep | LoopStep): DraftState {
    return this.builder.state('normal', step.name, this.#number(step));
  }

  stop(step: Step, guard: Guard): DraftState {
    const known = this.#stops.get(step);
    if (known !== undefined) return known;
    const stop = this.builder.state('stop', step.name, -1);
    this.builder.edge(stop, 'take', stop, guard);
    this.#stops.set(step, stop);
    return stop;
  }

  addStops(state: DraftState, place: Place): void {
    for (const index of standingNegations(place)) this.#addStop(state, place, place.level.steps[index]);
  }

  /** A notFollowedBy after a loop also holds between the loop's events. */
  addStopInLoop(state: DraftState, place: Place): void {
    const after = stepAfter(place);
    if (after?.kind === 'negation' && after.link === 'notFollowedBy' && after.for === undefined) this.#addStop(state, place, after);
  }

  #addStop(state: DraftState, place: Place, negation: Step): void {
    const guard = this.take(place, negation);
    this.builder.edge(state, 'proceed', this.stop(negation, guard), guard);
  }

  /** Once an optional step has taken an event, the negations before it no longer hold: the way on without them. */
  withoutNegations(place: Place, sink: DraftState): DraftState {
    const negations = standingNegations(place).map((index) => this.#stops.get(place.level.steps[index]));
    if (negations.length === 0 || !isOptional(stepAt(place))) return sink;
    const copy = this.builder.state(sink.kind, sink.name, sink.step);
    for (const { action, target, guard } of sink.edges) {
      if (action !== 'proceed') this.builder.edge(copy, action, target === sink ? copy : target, guard);
      else if (target.kind !== 'stop') this.builder.edge(copy, action, this.withoutNegations(place, target), guard);
      else if (!negations.includes(target)) this.builder.edge(copy, action, target, guard);
    }
    return copy;
  }

  /** Where a partial match waits between the rounds of an open-ended group. */
  hub(name: string, within: number | undefined): DraftState {
    const hub = this.builder.state('normal', name, -1, this.#hasHub ? within : undefined);
    this.#hasHub = true;
    return hub;
  }

  untilOf(step: Step): Guard | undefined {
    return this.guards.of.get(step)?.until;
  }
}
