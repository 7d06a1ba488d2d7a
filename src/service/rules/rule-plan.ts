import { FieldLayout } from '../../engine/event/field-layout.js';
import { growthText } from '../../engine/pattern/index.js';
import { compileRule } from '../../engine/rule/compile.js';
import type { RuleDefinition } from '../../engine/rule/definition.js';
import { windowGrowthText } from '../../engine/window/rule/window-plan.js';

/** How a rule's open partial matches or windows are kept, and how their number can grow. */
export interface RulePlan {
  readonly representation: string;
  readonly reason: string;
  readonly growth: string;
}

/** What GET /v1/rules/:id/plan and registration answer. */
export function planOf(definition: RuleDefinition): RulePlan {
  const growth = definition.kind === 'window' ? windowGrowthText(definition.window) : growthText(definition.pattern);
  return { ...compileRule(definition, 1, new FieldLayout()).plan, growth };
}
