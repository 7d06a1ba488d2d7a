import { growthLaw, growthOf } from '../growth.js';
import { isOpenLoop, sequencesIn, type Step } from '../ir/step.js';
import type { Reading } from './reading.js';

/** Without `within` nothing ends a partial match that waits over a relaxed gap. */
export function warnGrowth(steps: readonly Step[], within: number | undefined, reading: Reading): void {
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
    message: `without \`within\` on the rule, partial matches wait at \`${waiting.name}\` for ever; growth is ${growthLaw(growthOf(steps))}`,
    pointer: reading.pointers.get(waiting),
    expected: '`within` on the rule',
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
