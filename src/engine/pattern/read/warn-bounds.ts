/**
 * Bounds that Flink reads and does not keep. They keep Flink's behaviour and draw a warning that says what
 * is not bounded and what to write instead.
 */
import { pointerTo } from '../../problem/problem.js';
import type { GroupStep } from '../ir/group-step.js';
import type { LoopStep } from '../ir/loop-step.js';
import type { NegationStep } from '../ir/negation-step.js';
import type { SingleStep } from '../ir/single-step.js';
import {
  type CompositeStep,
  isBranching,
  isComposite,
  isOptional,
  sequencesIn,
  type Step,
  type StepByKind,
  type StepKind,
} from '../ir/step.js';
import type { Reading } from './reading.js';

interface Place {
  readonly steps: readonly Step[];
  readonly index: number;
  /** The group around, if any. */
  readonly group?: GroupStep;
  /** The choice that waits in the step's place, if a branch begins with it. */
  readonly choice?: string;
  /** Nothing has been taken before the step's first round. */
  readonly atStart: boolean;
  readonly repeated: boolean;
}

type Warning = readonly [key: string, message: string] | undefined;

const USE_RULE = "; the rule's `within` bounds the whole match";

const WARNINGS: { readonly [K in StepKind]: (step: StepByKind[K], place: Place) => Warning[] } = {
  single: ofSingle,
  loop: ofLoop,
  negation: ofNegation,
  group: ofGroup,
  oneOf: ofBranching,
  allOf: ofBranching,
};

export function warnBounds(steps: readonly Step[], reading: Reading): void {
  walk(steps, { group: undefined, atStart: true, repeated: false }, reading);
}

function walk(steps: readonly Step[], around: Omit<Place, 'steps' | 'index'>, reading: Reading): void {
  for (const [index, step] of steps.entries()) {
    const choice = index === 0 ? around.choice : undefined;
    const place: Place = { ...around, steps, index, choice, atStart: around.atStart && index === 0 };
    const pointer = reading.pointers.get(step) ?? '';
    for (const warning of (WARNINGS[step.kind] as (step: Step, place: Place) => Warning[])(step, place)) {
      if (warning !== undefined)
        reading.findings.warnings.push({
          code: 'bound-without-effect',
          message: warning[1],
          pointer: warning[0].split('/').reduce(pointerTo, pointer),
        });
    }
    for (const inside of sequencesIn(step)) {
      const group = step.kind === 'group' ? step : undefined;
      const repeated = place.repeated || (isComposite(step) && step.times !== undefined);
      walk(inside, { group, choice: isBranching(step) ? step.name : choice, atStart: place.atStart, repeated }, reading);
    }
  }
}

function ofSingle(step: SingleStep, { steps, index, group, choice, atStart, repeated }: Place): Warning[] {
  if (step.within === undefined) return [];
  if (choice !== undefined) return [['within', `\`within\` has no effect on the first step of a branch: bound \`${choice}\``]];
  if (atStart && !repeated) return [['within', `\`within\` has no effect on the first step: no event comes before it${USE_RULE}`]];
  if (step.optional || (index === 0 && group?.optional === true)) {
    return [['within', `\`within\` of the optional \`${step.name}\` ends with the first event that is ignored${USE_RULE}`]];
  }
  const before = steps[index - 1];
  if (before === undefined || (before.kind !== 'loop' && !isOptional(before))) return [];
  return [
    [
      'within',
      `\`within\` of \`${step.name}\` is not tested while the partial match waits at \`${before.name}\` before it: an event taken straight from there may come later${USE_RULE}`,
    ],
  ];
}

function ofLoop(step: LoopStep, { atStart }: Place): Warning[] {
  const { min, max, within } = step.times;
  const own: Warning =
    step.within === undefined ? undefined : ['within', '`within` has no effect on a step with `times`: write `times: {…, within}`'];
  if (within === undefined) return [own];
  const gaps = max === undefined ? `only the waits for events 1 to ${min} are bounded` : `the wait for event ${max} is not bounded`;
  const start = atStart ? '; the first event of the pattern is awaited without bound' : '';
  return [
    own,
    [
      'times/within',
      `\`times.within\` has gaps: ${gaps}, and waits for events that may be left out lose it once an event was ignored${start}${USE_RULE}`,
    ],
  ];
}

function ofNegation(step: NegationStep, { steps, index }: Place): Warning[] {
  if (step.within === undefined || step.link === 'notNext' || index === steps.length - 1) return [];
  return [
    [
      'within',
      `\`within\` has no effect on notFollowedBy before another step: the prohibition holds until that step comes; bound that step instead`,
    ],
  ];
}

function ofGroup(step: GroupStep): Warning[] {
  const own: Warning = step.within === undefined ? undefined : ['within', '`within` has no effect on a group: bound its steps'];
  if (step.times?.within === undefined) return [own];
  const gaps =
    step.times.max === undefined
      ? '`times.within` of a group bounds only the wait for the next event once all rounds that must be are over, and not even that in the last of the open-ended groups'
      : '`times.within` has no effect on a group with an upper bound';
  return [own, ['times/within', `${gaps}: bound the group's first step${USE_RULE}`]];
}

function ofBranching(step: Exclude<CompositeStep, GroupStep>, { atStart }: Place): Warning[] {
  if (step.within === undefined || !(step.optional || atStart)) return [];
  const why = step.optional ? 'may be left out' : 'comes first';
  return [['within', `\`within\` has no effect on \`${step.name}\`, which ${why}${USE_RULE}`]];
}
