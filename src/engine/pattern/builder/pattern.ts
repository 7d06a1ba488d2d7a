/**
 * The fluent builder, with Flink's names: it writes the steps of a rule document and has the document's reader check
 * them, so that both ways give the same pattern and the same errors. Immutable: every method gives a new pattern.
 */
import { type Condition, type ConditionFunction, joinConditions } from '../ir/condition.js';
import { type Link, LINKS, type NegativeLink } from '../ir/link.js';
import type { Skip } from '../ir/skip.js';
import type { Pattern as PatternDefinition } from '../pattern.js';
import type { DurationText, StepDocument } from '../document.js';
import { type PatternReading, readPattern } from '../read/read-pattern.js';
import type { Bindings, Bound, EventOf, Fresh, Joined, Many, Maybe, Retyped } from './bindings.js';
import { Branches, type InAll } from './branches.js';
import { PatternError } from './pattern-error.js';

/** An event whose fields the compiler does not know; programs that want them checked begin with Pattern.of<E>(). */
export type AnyEvent = any;

/** What an iterative condition sees of its partial match. */
export interface IterativeContext<B extends Bindings> {
  /** The events that the step has taken so far, in order. */
  getEventsForPattern<N extends keyof B & string>(step: N): readonly EventOf<B[N]>[];
  /** The current event's time, epoch ms. */
  timestamp(): number;
}

/** CEL, a function of the event (simple), or one of the event and the events before it (iterative). */
export type StepCondition<E, B extends Bindings> = string | ((event: E, context: IterativeContext<B>) => boolean);

/** Which time `within` bounds: from the first event of the match, or from the previous event to this step's. */
export type WithinType = 'firstAndLast' | 'previousAndCurrent';

interface Draft {
  readonly steps: readonly StepDocument[];
  readonly within?: string;
  readonly skip?: Skip;
}

/** Begins patterns over events of the type E. */
export interface PatternStart<E> {
  begin<N extends string>(name: N, skip?: Skip): Pattern<E, Bound<object, N, E>, N, E>;
  begin<B extends Bindings>(group: Pattern<E, B, any, any>, skip?: Skip): Pattern<E, B, keyof B, E>;
  begin<B extends Bindings>(name: string, group: Pattern<E, B, any, any> | Branches<B>, skip?: Skip): Pattern<E, B, keyof B, E>;
}

/**
 * A pattern over events of the type E that binds the steps B. N: the steps that the last call added, which the next
 * calls speak of; C: the type of their events.
 */
export class Pattern<E, B extends Bindings, N, C> {
  readonly #draft: Draft;

  private constructor(draft: Draft) {
    this.#draft = draft;
  }

  /** The first step, or a group of steps that comes first; `skip` is the whole pattern's. */
  static readonly begin: PatternStart<AnyEvent>['begin'] = (first: string | AnyPattern, second?: Part | Skip, third?: Skip) => {
    const part = first instanceof Pattern ? first : isPart(second) ? second : undefined;
    const skip = isPart(second) ? third : second;
    const name = first instanceof Pattern ? groupName(first) : first;
    return new Pattern<any, any, any, any>({ steps: [linked('begin', name, part)], skip });
  };

  /** Alternation, to be given a link and a name: `.followedBy('entry', Pattern.oneOf(password, token))`. Not in Flink. */
  static oneOf<P extends readonly AnyPattern[]>(...branches: P): Branches<Maybe<InAll<BoundBy<P[number]>> & object, PropertyKey>> {
    return new Branches('oneOf', branches.map(asGroup));
  }

  /** All of them, in whatever order: `.followedBy('checks', Pattern.allOf(mail, phone))`. Not in Flink. */
  static allOf<P extends readonly AnyPattern[]>(...branches: P): Branches<InAll<BoundBy<P[number]>> & object> {
    return new Branches('allOf', branches.map(asGroup));
  }

  /** Begins a pattern over events whose type the compiler knows: `Pattern.of<Payment>().begin('small')`. */
  static of<E>(): PatternStart<E> {
    return { begin: Pattern.begin as unknown as PatternStart<E>['begin'] };
  }

  // links

  /** The very next event must be the step's. */
  next<M extends string>(name: Fresh<M, B>): Pattern<E, Bound<B, M, E>, M, E>;
  next<G extends Bindings>(group: Pattern<E, G, any, any>): Pattern<E, Joined<B, G>, keyof G, E>;
  next<G extends Bindings>(name: string, group: Pattern<E, G, any, any> | Branches<G>): Pattern<E, Joined<B, G>, keyof G, E>;
  next(first: string | AnyPattern, part?: Part): AnyPattern {
    return this.#add('next', first, part);
  }

  /** The first later event that fits. */
  followedBy<M extends string>(name: Fresh<M, B>): Pattern<E, Bound<B, M, E>, M, E>;
  followedBy<G extends Bindings>(group: Pattern<E, G, any, any>): Pattern<E, Joined<B, G>, keyof G, E>;
  followedBy<G extends Bindings>(name: string, group: Pattern<E, G, any, any> | Branches<G>): Pattern<E, Joined<B, G>, keyof G, E>;
  followedBy(first: string | AnyPattern, part?: Part): AnyPattern {
    return this.#add('followedBy', first, part);
  }

  /** Any later event that fits, each in a match of its own. */
  followedByAny<M extends string>(name: Fresh<M, B>): Pattern<E, Bound<B, M, E>, M, E>;
  followedByAny<G extends Bindings>(group: Pattern<E, G, any, any>): Pattern<E, Joined<B, G>, keyof G, E>;
  followedByAny<G extends Bindings>(name: string, group: Pattern<E, G, any, any> | Branches<G>): Pattern<E, Joined<B, G>, keyof G, E>;
  followedByAny(first: string | AnyPattern, part?: Part): AnyPattern {
    return this.#add('followedByAny', first, part);
  }

  /** The very next event must not fit. */
  notNext(name: string): Pattern<E, B, never, E> {
    return this.#add('notNext', name);
  }

  /** No event may fit before the next step takes one; as last step, before `within` is over. */
  notFollowedBy(name: string): Pattern<E, B, never, E> {
    return this.#add('notFollowedBy', name);
  }

  // conditions of the last step

  /** Called again: both must hold. */
  where(condition: StepCondition<C, B>): Pattern<E, B, N, C> {
    return this.#condition('and', condition);
  }

  /** What was said so far, or this. */
  or(condition: StepCondition<C, B>): Pattern<E, B, N, C> {
    return this.#condition('or', condition);
  }

  /** Only events of a subtype, which the guard tells; the step's events have that type from here on. */
  subtype<D extends C>(guard: (event: C) => event is D): Pattern<E, Retyped<B, N, D>, N, D> {
    return this.#condition('and', guard);
  }

  /** Only events of this stream, when several are read. */
  from(stream: string): Pattern<E, B, N, C> {
    return this.#change({ from: stream });
  }

  // repetition of the last step

  /** Not enforced everywhere: see the warnings that `warnings` gives. */
  oneOrMore(within?: DurationText): Pattern<E, Many<B, N>, N, C> {
    return this.timesOrMore(1, within);
  }

  timesOrMore(min: number, within?: DurationText): Pattern<E, Many<B, N>, N, C> {
    return this.#change({ times: { min, ...(within !== undefined && { within }) } });
  }

  times(count: number, within?: DurationText): Pattern<E, Many<B, N>, N, C>;
  times(min: number, max: number, within?: DurationText): Pattern<E, Many<B, N>, N, C>;
  times(min: number, second?: number | DurationText, third?: DurationText): Pattern<E, Many<B, N>, N, C> {
    if (second === undefined) return this.#change({ times: min });
    const max = typeof second === 'number' ? second : min;
    const within = typeof second === 'string' ? second : third;
    return this.#change({ times: { min, max, ...(within !== undefined && { within }) } });
  }

  /** The loop takes one event for each value of the field; dots lead into objects. Not in Flink. */
  distinct(field: string): Pattern<E, B, N, C> {
    const { times } = this.#draft.steps[this.#draft.steps.length - 1];
    return this.#change({
      times: typeof times === 'number' ? { min: times, max: times, distinct: field } : { min: 1, ...times, distinct: field },
    });
  }

  /** Nothing may lie between two events of the loop. */
  consecutive(): Pattern<E, B, N, C> {
    return this.#change({ loop: 'strict' });
  }

  /** Anything may lie between two events of the loop, also events that fit. */
  allowCombinations(): Pattern<E, B, N, C> {
    return this.#change({ loop: 'any' });
  }

  /** An event that fits the loop and what follows belongs to the loop. */
  greedy(): Pattern<E, B, N, C> {
    return this.#change({ greedy: true });
  }

  /** An event that ends the loop, which must have no upper bound. */
  until(condition: StepCondition<C, B>): Pattern<E, B, N, C> {
    return this.#change({ until: condition as Condition });
  }

  /** The pattern may go on without it. */
  optional(): Pattern<E, Maybe<B, N>, N, C> {
    return this.#change({ optional: true });
  }

  // time

  /** Bounds the whole match, or the wait for the last step's event. */
  within(duration: DurationText, type: WithinType = 'firstAndLast'): Pattern<E, B, N, C> {
    if (type === 'previousAndCurrent') return this.#change({ within: duration });
    return new Pattern({ ...this.#draft, within: duration });
  }

  /** After notFollowedBy: how long its event must stay away, from the event before; only then the pattern goes on. Not in Flink. */
  for(duration: DurationText): Pattern<E, B, N, C> {
    return this.#change({ for: duration });
  }

  // results

  /** The checked pattern. @throws PatternError with all that is wrong with it */
  build(): PatternDefinition {
    const { pattern, problems } = this.check();
    if (pattern === undefined) throw new PatternError(problems);
    return pattern;
  }

  /** The pattern with its warnings, or its problems; pointers as if it were a rule document. */
  check(): PatternReading {
    const { steps, within, skip } = this.#draft;
    return readPattern({ pattern: steps, within, skip }, { functions: true });
  }

  #add(link: Link | NegativeLink, first: string | AnyPattern, second?: Part): AnyPattern {
    const part = first instanceof Pattern ? first : second;
    const name = first instanceof Pattern ? groupName(first) : first;
    return new Pattern<any, any, any, any>({ ...this.#draft, steps: [...this.#draft.steps, linked(link, name, part)] });
  }

  #change(change: Partial<StepDocument>): Pattern<any, any, any, any> {
    const { steps } = this.#draft;
    const last = { ...steps[steps.length - 1], ...change };
    return new Pattern({ ...this.#draft, steps: [...steps.slice(0, -1), last] });
  }

  #condition(join: 'and' | 'or', condition: string | ((...args: any[]) => boolean)): Pattern<any, any, any, any> {
    const { where } = this.#draft.steps[this.#draft.steps.length - 1];
    const own = condition as string | ConditionFunction;
    return this.#change({ where: where === undefined ? own : joinConditions(join, where, own) });
  }

  /** The steps, to be put into a group. @throws PatternError when it has what only a whole pattern can have */
  asGroup(): readonly StepDocument[] {
    const { steps, within, skip } = this.#draft;
    if (within === undefined && skip === undefined) return steps;
    const message = '`within` and a skip strategy belong to the whole pattern, not to a group in it';
    throw new PatternError([{ code: 'not-applicable', message, found: within === undefined ? 'skip' : 'within' }]);
  }
}

type AnyPattern = Pattern<any, any, any, any>;

/** What can stand for a step: a group, or branches. */
type Part = AnyPattern | Branches<any>;

type BoundBy<P> = P extends Pattern<any, infer B, any, any> ? B : never;

function isPart(value: unknown): value is Part {
  return value instanceof Pattern || value instanceof Branches;
}

const asGroup = (pattern: AnyPattern) => pattern.asGroup();

function linked(link: Link | NegativeLink, name: string, part?: Part): StepDocument {
  if (part === undefined) return { [link]: name };
  return { [link]: name, ...(part instanceof Branches ? { [part.kind]: part.sequences } : { group: part.asGroup() }) };
}

/** A group that is given no name has one of its steps' names, which no other group can have. */
function groupName(group: AnyPattern): string {
  return `(${group
    .asGroup()
    .map((step) => LINKS.map((link) => step[link]).find((name) => name !== undefined))
    .join(' ')})`;
}
