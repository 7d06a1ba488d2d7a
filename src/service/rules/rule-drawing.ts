import { FieldLayout } from '../../engine/event/field-layout.js';
import { ExpressionTableBuilder } from '../../engine/expr/index.js';
import { compilePattern, drawNfa } from '../../engine/nfa/index.js';
import type { RuleDefinition, WindowRuleDefinition } from '../../engine/rule/definition.js';

/** The rule's automaton as a Mermaid diagram; of a window rule the way from events to alerts. */
export function mermaidOf(rule: RuleDefinition): string {
  if (rule.kind === 'window') return drawWindow(rule);
  return drawNfa(compilePattern(rule.pattern, new ExpressionTableBuilder(new FieldLayout())).nfa);
}

function drawWindow({ from, key, window: { kind, ...bounds }, select, having }: WindowRuleDefinition): string {
  const box = (text: string): string => `["${text.replaceAll('"', '#quot;').replaceAll('`', '#96;')}"]`;
  const values = select.map(({ name, aggregate, expression = '' }) => `${name} = ${aggregate}(${expression})`);
  return [
    'flowchart LR',
    `  events${box(`${from.join(', ')} by ${key === undefined ? 'one key' : [key].flat().join(', ')}`)}`,
    `  window${box(`${kind} ${JSON.stringify(bounds)}`)}`,
    `  select${box(values.join('; '))}`,
    '  alert(("alert"))',
    '  events --> window --> select',
    having === undefined ? '  select --> alert' : `  select -->|"${having.replaceAll('"', '#quot;')}"| alert`,
    '',
  ].join('\n');
}
