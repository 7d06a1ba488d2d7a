/**
 * What the order of steps forbids: the patterns that Flink refuses, and two that it accepts and fails on.
 */
import { pointerTo, shown } from '../../problem/problem.js';
import type { GroupStep } from '../ir/group-step.js';
import { isOptional, type Step } from '../ir/step.js';
import type { Reading } from './reading.js';

export function checkSequence(steps: readonly Step[], within: number | undefined, reading: Reading): void {
  checkNames(steps, new Set(), reading);
  checkNeighbours(steps, reading);
  checkEnd(steps, within, reading);
  checkStart(steps, reading);
  checkSize(steps, reading);
  if (within !== undefined) checkBounds(steps, within, false, reading);
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
    if (step.kind === 'group') checkNames(step.steps, seen, reading);
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
    if (step.kind === 'group') {
      checkNeighbours(step.steps, reading);
      checkRound(step, reading);
    }
  }
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
  if (last?.kind !== 'negation' || last.link !== 'notFollowedBy' || within !== undefined || last.within !== undefined) return;
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
    if (step.kind === 'group') checkStart(step.steps, reading);
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
    const own = step.kind === 'group' ? unrolled(step.steps) : 1;
    const times = step.kind === 'loop' || step.kind === 'group' ? step.times : undefined;
    return sum + own * (times === undefined ? 1 : (times.max ?? times.min + 1));
  }, 0);
}

/** Only bounds that have an effect; the others draw a warning. */
function checkBounds(steps: readonly Step[], within: number, repeated: boolean, reading: Reading): void {
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'group') {
      checkBounds(step.steps, within, repeated || step.times !== undefined, reading);
      continue;
    }
    const loop = step.kind === 'loop';
    const bound = loop ? step.times.within : step.within;
    const middle = step.kind === 'negation' && step.link === 'notFollowedBy' && index < steps.length - 1;
    const one = loop && step.times.max === 1 && !repeated;
    if (bound === undefined || bound <= within || middle || one) continue;
    const pointer = at(step, reading, loop ? 'times' : 'within');
    const expected = `at most the rule's within, ${within}ms`;
    reading.findings.problem(
      'bound-too-long',
      loop ? pointerTo(pointer, 'within') : pointer,
      "a step's bound cannot be longer than the rule's `within`",
      { found: `${bound}ms`, expected },
    );
  }
}
