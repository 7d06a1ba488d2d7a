import { isOpenLoop, type Step } from '../../engine/pattern/ir/step.js';
import type { RuleDefinition } from '../../engine/rule/definition.js';

/** How a rule's open partial matches are kept, and how their number can grow. */
export interface RulePlan {
  readonly representation: 'runs';
  readonly reason: string;
  readonly growth: string;
}

/** What GET /v1/rules/:id/plan and registration answer. */
export function planOf({ pattern }: RuleDefinition): RulePlan {
  const bounded = pattern.within === undefined ? 'nothing ends old ones: consider `within`' : '`within` ends old ones';
  return {
    representation: 'runs',
    reason: 'each open partial match is kept on its own, as in Flink: right for every pattern',
    growth: `${growthOf(pattern.steps)}; ${bounded}`,
  };
}

function growthOf(steps: readonly Step[]): string {
  const all = flatten(steps);
  const branching = all.filter(
    (step) => step.kind !== 'negation' && (step.link === 'followedByAny' || ('loop' in step && step.loop === 'any')),
  );
  const openBranching = branching.some((step) => isOpenLoop(step));
  if (openBranching) return 'exponential in the events of a key: every event may be taken or left out by each partial match';
  if (branching.length > 0)
    return `polynomial in the events of a key, degree up to ${branching.length + 1}: each partial match branches at ${branching.length} step(s)`;
  if (all.some(isOpenLoop)) return 'linear in the events that begin a match, each as long as its loop';
  return 'linear in the events that begin a match';
}

function flatten(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) => (step.kind === 'group' ? [step, ...flatten(step.steps)] : [step]));
}
