import { FieldLayout } from '../../engine/event/field-layout.js';
import { ExpressionTableBuilder } from '../../engine/expr/index.js';
import { compilePattern, drawNfa } from '../../engine/nfa/index.js';
import type { RuleDefinition } from '../../engine/rule/definition.js';

/** The rule's automaton as a Mermaid diagram. */
export function mermaidOf({ pattern }: RuleDefinition): string {
  return drawNfa(compilePattern(pattern, new ExpressionTableBuilder(new FieldLayout())).nfa);
}
