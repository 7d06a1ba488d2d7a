import { growthText } from '../../engine/pattern/index.js';
import type { RuleDefinition } from '../../engine/rule/definition.js';

/** How a rule's open partial matches are kept, and how their number can grow. */
export interface RulePlan {
  readonly representation: 'runs';
  readonly reason: string;
  readonly growth: string;
}

/** What GET /v1/rules/:id/plan and registration answer. */
export function planOf({ pattern }: RuleDefinition): RulePlan {
  return {
    representation: 'runs',
    reason: 'each open partial match is kept on its own, as in Flink: right for every pattern',
    growth: growthText(pattern),
  };
}
