/**
 * What the order of steps forbids: the patterns that Flink refuses, and two that it accepts and fails on.
 */
import { pointerTo, shown } from '../../problem/problem.js';
import type { AllOfStep } from '../ir/all-of-step.js';
import type { GroupStep } from '../ir/group-step.js';
import type { OneOfStep } from '../ir/one-of-step.js';
import { isBranching, isComposite, isOptional, sequencesIn, type Step } from '../ir/step.js';
import type { Reading } from './reading.js';

export function checkSequence(steps: readonly Step[], within: number | undefined, reading: Reading): void {
  checkNames(steps, new Set(), reading);
  checkNeighbours(steps, reading);
  checkEnd(steps, within, reading);
  checkStart(steps, reading);
  checkSize(steps, reading);
  if (within !== undefined) checkBounds(steps, { within, end: lastStep(steps), lastHub: lastOpenGroup(steps) }, false, reading);
}

function at(step: Step, reading: Reading, key?: string): string {
  const pointer = reading.pointers.get(step) ?? '';
  return key === undefined ? pointer : pointerTo(pointer, key);
}

function checkNames(steps: readonly Step[], seen: Set<string>, reading: Reading): void {
  for (const step of steps) {
    if (step.name !== '' && seen.has(step.name)) {
      reading.findings.problem('duplicate-step', at(step, reading, step.link), 'another step has this name', {
        found: shown(step.name),
        expected: 'a name of its own',
      });
    }
    seen.add(step.name);
    for (const inside of sequencesIn(step)) checkNames(inside, seen, reading);
  }
}

function checkNeighbours(steps: readonly Step[], reading: Reading): void {
  for (const [index, step] of steps.entries()) {
    const previous = steps[index - 1];
    if (step.kind === 'negation' && previous !== undefined && isOptional(previous)) {
      const message = `a negation cannot follow an optional step; write two rules, one with and one without \`${previous.name}\``;
      reading.findings.problem('negation-after-optional', at(step, reading, step.link), message, { found: shown(step.name) });
    }
    // `times` from 0 is optional too, but accepted here, as in Flink.
    const writtenOptional = isOptional(step) && !(step.kind !== 'single' && step.kind !== 'negation' && step.times?.min === 0);
    if (writtenOptional && previous?.kind === 'loop' && previous.greedy) {
      reading.findings.problem(
        'optional-after-greedy',
        at(step, reading, 'optional'),
        `an optional step cannot follow the greedy \`${previous.name}\``,
        { found: 'true' },
      );
    }
    for (const inside of sequencesIn(step)) checkNeighbours(inside, reading);
    if (step.kind === 'group') checkRound(step, reading);
    if (isBranching(step)) checkHeads(step, reading);
  }
}

/** A choice is made by the event that its head takes. */
function checkHeads({ branches, kind }: OneOfStep | AllOfStep, reading: Reading): void {
  for (const [first] of branches) {
    const head = first === undefined ? undefined : passedAtOnce(first);
    if (head === undefined) continue;
    reading.findings.problem(
      'optional-branch',
      at(head, reading, 'optional'),
      `a branch of ${kind} begins with a step that must take an event`,
      {
        found: shown(head.name),
      },
    );
  }
}

/** The step at the head that may be left out, if there is one: a group is entered by its first step. */
function passedAtOnce(head: Step): Step | undefined {
  if (canBeEmpty(head)) return head;
  return head.kind === 'group' && head.steps.length > 0 ? passedAtOnce(head.steps[0]) : undefined;
}

/** An open-ended group would go through rounds without an event for ever. */
function checkRound(step: GroupStep, reading: Reading): void {
  if (step.times === undefined || step.times.max !== undefined || step.steps.length === 0 || !step.steps.every(canBeEmpty)) return;
  reading.findings.problem(
    'empty-round',
    at(step, reading, 'group'),
    'a group that repeats without upper bound needs a step that is not optional',
    { expected: 'at least one' },
  );
}

function canBeEmpty(step: Step): boolean {
  return step.kind === 'negation' || isOptional(step) || (step.kind === 'group' && step.steps.every(canBeEmpty));
}

function checkEnd(steps: readonly Step[], within: number | undefined, reading: Reading): void {
  const last = steps.at(-1);
  if (
    last?.kind !== 'negation' ||
    last.link !== 'notFollowedBy' ||
    within !== undefined ||
    last.within !== undefined ||
    last.for !== undefined
  )
    return;
  reading.findings.problem(
    'open-absence',
    at(last, reading, last.link),
    'notFollowedBy as last step needs a `within`, on it or on the rule: else nobody knows when to report',
    {
      found: shown(last.name),
      expected: '`within`',
    },
  );
}

/** The negation would watch before the match has begun. */
function checkStart(steps: readonly Step[], reading: Reading): void {
  for (const step of steps) {
    if (step.kind === 'negation') {
      if (step === steps[0]) return;
      const message = 'a negation needs a step before it that cannot be left out';
      reading.findings.problem('negation-at-start', at(step, reading, step.link), message, { found: shown(step.name) });
      return;
    }
    for (const inside of sequencesIn(step)) checkStart(inside, reading);
    if (!canBeEmpty(step)) return;
  }
}

function checkSize(steps: readonly Step[], reading: Reading): void {
  const size = unrolled(steps);
  const { maxUnrolled } = reading.limits;
  if (size <= maxUnrolled) return;
  reading.findings.problem('pattern-too-large', '/pattern', 'with all repetitions written out the pattern is too long', {
    found: `${size} steps`,
    expected: `at most ${maxUnrolled}`,
  });
}

function unrolled(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => {
    const branches = sequencesIn(step).reduce((total, inside) => total + unrolled(inside), 0);
    const orders = step.kind === 'allOf' ? 2 ** (step.branches.length - 1) : 1;
    const own = isComposite(step) ? branches * orders : 1;
    const times = 'times' in step ? step.times : undefined;
    return sum + own * (times === undefined ? 1 : (times.max ?? times.min + 1));
  }, 0);
}

interface RuleBound {
  readonly within: number;
  /** The only place where a notFollowedBy's own bound counts. */
  readonly end: Step | undefined;
  /** Its rounds are the one open-ended repetition of a group that `times.within` spares. */
  readonly lastHub: GroupStep | undefined;
}

/** Only bounds that have an effect; the others draw a warning. */
function checkBounds(steps: readonly Step[], rule: RuleBound, repeated: boolean, reading: Reading): void {
  for (const step of steps) {
    const bound = effectiveBound(step, rule, repeated);
    if (bound !== undefined && bound > rule.within) {
      const ofTimes = step.kind === 'loop' || step.kind === 'group';
      const pointer = at(step, reading, ofTimes ? 'times' : step.kind === 'negation' && step.for !== undefined ? 'for' : 'within');
      reading.findings.problem(
        'bound-too-long',
        ofTimes ? pointerTo(pointer, 'within') : pointer,
        "a step's bound cannot be longer than the rule's `within`",
        { found: `${bound}ms`, expected: `at most the rule's within, ${rule.within}ms` },
      );
    }
    const again = repeated || (isComposite(step) && step.times !== undefined);
    for (const inside of sequencesIn(step)) checkBounds(inside, rule, again, reading);
  }
}

/** Where the pattern ends; inside a group whose rounds are counted. */
function lastStep(steps: readonly Step[]): Step | undefined {
  const last = steps.at(-1);
  const isCounted = last?.kind === 'group' && (last.times === undefined || last.times.max !== undefined);
  return isCounted ? lastStep(last.steps) : last;
}

function effectiveBound(step: Step, { end, lastHub }: RuleBound, repeated: boolean): number | undefined {
  switch (step.kind) {
    case 'loop':
      return step.times.max === 1 && !repeated ? undefined : step.times.within;
    case 'group':
      return step.times?.max !== undefined || (step === lastHub && !repeated) ? undefined : step.times?.within;
    case 'negation':
      if (step.for !== undefined) return step.for;
      return step.link === 'notNext' || step === end ? step.within : undefined;
    default:
      return step.within;
  }
}

/** The open-ended group whose rounds are compiled first: patterns are built from the end. */
function lastOpenGroup(steps: readonly Step[]): GroupStep | undefined {
  for (const step of [...steps].reverse()) {
    if (step.kind !== 'group') continue;
    const found = step.times !== undefined && step.times.max === undefined ? step : lastOpenGroup(step.steps);
    if (found !== undefined) return found;
  }
  return undefined;
}
