/** A pattern as the TypeScript that builds it. */
import { formatDuration } from '../../time/duration.js';
import type { Condition } from '../ir/condition.js';
import type { EventCondition } from '../ir/event-condition.js';
import type { LoopStep } from '../ir/loop-step.js';
import type { Skip } from '../ir/skip.js';
import { type CompositeStep, isBranching, sequencesIn, type Step, type StepByKind, type StepKind } from '../ir/step.js';
import type { LoopContiguity, Times } from '../ir/times.js';
import type { Pattern } from '../pattern.js';

/** The calls that say what a step is, without its link. */
const PRINTERS: { readonly [K in StepKind]: (step: StepByKind[K]) => string[] } = {
  single: (step) => [...condition(step), ...optional(step.optional), ...stepBound(step.within)],
  loop: (step) => [...condition(step), ...repetition(step), ...(step.greedy ? ['greedy()'] : []), ...stepBound(step.within)],
  negation: (step) => [
    ...condition(step),
    ...stepBound(step.within),
    ...(step.for === undefined ? [] : [`for('${formatDuration(step.for)}')`]),
  ],
  group: (step) => [...repetition(step), ...stepBound(step.within)],
  oneOf: (step) => [...repetition(step), ...stepBound(step.within)],
  allOf: (step) => [...repetition(step), ...stepBound(step.within)],
};

const CONTIGUITY: Readonly<Record<LoopContiguity, readonly string[]>> = {
  relaxed: [],
  strict: ['consecutive()'],
  any: ['allowCombinations()'],
};

const SKIP: Readonly<Record<Skip['strategy'], string>> = {
  noSkip: 'noSkip',
  toNext: 'skipToNext',
  pastLast: 'skipPastLastEvent',
  toFirst: 'skipToFirst',
  toLast: 'skipToLast',
};

/**
 * An expression over `Pattern` and `AfterMatchSkipStrategy`. A condition that is a function is printed by its source;
 * what it closes over is not.
 */
export function toBuilder({ steps, within, skip }: Pattern): string {
  const calls = steps.flatMap((step, index) => callsOf(step, index === 0 && skip.strategy !== 'noSkip' ? skip : undefined, ''));
  if (within !== undefined) calls.push(`within('${formatDuration(within)}')`);
  return chain(calls, '');
}

/** The first call belongs to the class itself. */
function chain(calls: readonly string[], indent: string): string {
  return `Pattern.${calls[0]}${calls
    .slice(1)
    .map((call) => `\n${indent}  .${call}`)
    .join('')}`;
}

function callsOf(step: Step, skip: Skip | undefined, indent: string): string[] {
  const args = [JSON.stringify(step.name)];
  const inner = `${indent}    `;
  const sequences = sequencesIn(step).map((steps) =>
    chain(
      steps.flatMap((each) => callsOf(each, undefined, inner)),
      inner,
    ),
  );
  if (isBranching(step)) args.push(`Pattern.${step.kind}(${sequences.join(', ')})`);
  else args.push(...sequences);
  if (skip !== undefined) args.push(skipText(skip));
  return [`${step.link}(${args.join(', ')})`, ...(PRINTERS[step.kind] as (step: Step) => string[])(step)];
}

function skipText(skip: Skip): string {
  return `AfterMatchSkipStrategy.${SKIP[skip.strategy]}(${'step' in skip ? JSON.stringify(skip.step) : ''})`;
}

function condition({ where, from }: EventCondition): string[] {
  return [...(where === undefined ? [] : conditionCalls(where)), ...(from === undefined ? [] : [`from(${JSON.stringify(from)})`])];
}

/** Joined conditions come from calls after one another, so the right one is never joined itself. */
function conditionCalls(where: Condition): string[] {
  if (typeof where !== 'object') return [`where(${conditionSource(where)})`];
  const call = where.join === 'and' ? 'where' : 'or';
  return [...conditionCalls(where.left), `${call}(${conditionSource(where.right)})`];
}

function conditionSource(condition: Condition): string {
  return typeof condition === 'string' ? JSON.stringify(condition) : String(condition);
}

function repetition(step: LoopStep | CompositeStep): string[] {
  const { times, loop, optional: isOptional } = step;
  const until = 'until' in step ? step.until : undefined;
  return [
    ...(times === undefined ? [] : [timesCall(times)]),
    ...(times?.distinct === undefined ? [] : [`distinct(${JSON.stringify(times.distinct)})`]),
    ...CONTIGUITY[loop],
    ...(until === undefined ? [] : [`until(${conditionSource(until)})`]),
    ...optional(isOptional && times?.min !== 0),
  ];
}

function timesCall({ min, max, within }: Times): string {
  const bound = within === undefined ? [] : [`'${formatDuration(within)}'`];
  if (max === undefined) return min === 1 ? `oneOrMore(${bound.join()})` : `timesOrMore(${[min, ...bound].join(', ')})`;
  return `times(${[min, ...(max === min ? [] : [max]), ...bound].join(', ')})`;
}

function optional(value: boolean): string[] {
  return value ? ['optional()'] : [];
}

function stepBound(ms: number | undefined): string[] {
  return ms === undefined ? [] : [`within('${formatDuration(ms)}', 'previousAndCurrent')`];
}
