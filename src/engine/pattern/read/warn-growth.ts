import { formatDuration } from '../../time/duration.js';
import { type Growth, growthLaw, growthOf } from '../growth.js';
import { isOpenLoop, sequencesIn, type Step } from '../ir/step.js';
import type { Reading } from './reading.js';

/** Without `within` nothing ends a partial match that waits over a relaxed gap; 2^n are too many also within a time. */
export function warnGrowth(steps: readonly Step[], within: number | undefined, reading: Reading): void {
  const growth = growthOf(steps);
  if (growth.degree === Infinity) warnExponential(steps, within, growth, reading);
  if (within !== undefined) return;
  const loop = find(
    steps,
    (step) => isOpenLoop(step) && 'loop' in step && step.loop !== 'strict' && !('until' in step && step.until !== undefined),
  );
  const waiting =
    loop ??
    find(
      steps,
      (step) => (step.link === 'followedBy' || step.link === 'followedByAny') && !(step.kind === 'single' && step.within !== undefined),
    );
  if (waiting === undefined) return;
  reading.findings.warnings.push({
    code: 'unbounded-state',
    message: `without \`within\` on the rule, partial matches wait at \`${waiting.name}\` for ever; growth is ${growthLaw(growth)}`,
    pointer: reading.pointers.get(waiting),
    expected: '`within` on the rule',
  });
}

function warnExponential(steps: readonly Step[], within: number | undefined, growth: Growth, reading: Reading): void {
  const branching = find(steps, ({ name }) => growth.branching.includes(name));
  reading.findings.warnings.push({
    code: 'exponential-growth',
    message: `${growthLaw(growth)}; n counts ${within === undefined ? 'all its events' : `those of ${formatDuration(within)}`}, and beyond \`limits.matchesPerEvent\` matches are given up`,
    pointer: branching === undefined ? undefined : reading.pointers.get(branching),
    expected: 'a loop that is not `any` or has a `max`, `followedBy` in place of `followedByAny`, or no ways that one event fits both of',
  });
}

function find(steps: readonly Step[], test: (step: Step) => boolean): Step | undefined {
  for (const step of steps) {
    if (test(step)) return step;
    for (const steps of sequencesIn(step)) {
      const inside = find(steps, test);
      if (inside !== undefined) return inside;
    }
  }
  return undefined;
}
