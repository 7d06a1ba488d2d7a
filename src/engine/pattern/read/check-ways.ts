/**
 * How many positions one event may have to be tried at for one partial match: where steps may be left out,
 * the ways through them multiply (optional steps in optional groups, 30 in a row: 2^30), and so would the
 * matches. Such patterns are refused, since no limit on what is kept would stop them.
 */
import type { AllOfStep } from '../ir/all-of-step.js';
import type { GroupStep } from '../ir/group-step.js';
import type { OneOfStep } from '../ir/one-of-step.js';
import { isBranching, isOptional, type Step } from '../ir/step.js';
import type { Reading } from './reading.js';

export function checkWays(steps: readonly Step[], reading: Reading): void {
  const { maxWays } = reading.limits;
  const ways = new WayCounter();
  ways.from(steps, 0);
  if (ways.most <= maxWays) return;
  reading.findings.problem('pattern-too-large', '/pattern', 'there are too many ways through the steps that may be left out', {
    found: `${ways.most} ways`,
    expected: `at most ${maxWays}`,
  });
}

class WayCounter {
  /** From the position that has most. */
  most = 0;

  /** Positions tried from the first of the steps on; `behind`: from what follows them. */
  from(steps: readonly Step[], behind: number): number {
    let ways = behind;
    for (let index = steps.length - 1; index >= 0; index--) {
      const step = steps[index];
      ways =
        step.kind === 'group'
          ? this.#group(step, ways)
          : isBranching(step)
            ? this.#branching(step, ways)
            : this.#note(1 + (isOptional(step) || step.kind === 'negation' ? ways : 0));
      // A loop that has begun can be left.
      if (step.kind === 'loop') this.#note(1 + ways);
    }
    return ways;
  }

  #group(group: GroupStep, behind: number): number {
    const { min, max } = group.times ?? { min: 1, max: 1 };
    let ways = behind;
    if (max === undefined) {
      const again = this.from(group.steps, 0) + behind;
      ways = this.from(group.steps, again) + behind;
    }
    for (let round = max ?? Math.max(1, min); round >= 1; round--) {
      const leaveOut = round === 1 ? isOptional(group) : round > min;
      ways = this.#note(this.from(group.steps, ways) + (leaveOut ? behind : 0));
    }
    return ways;
  }

  /** Any branch may begin; where it may be left out, what follows, too. */
  #branching({ branches, optional }: OneOfStep | AllOfStep, behind: number): number {
    const ways = branches.reduce((sum, steps) => sum + this.from(steps, behind), 0);
    return this.#note(ways + (optional ? behind : 0));
  }

  #note(ways: number): number {
    this.most = Math.max(this.most, ways);
    return ways;
  }
}
