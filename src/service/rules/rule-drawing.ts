import { FieldLayout } from '../../engine/event/field-layout.js';
import { ExpressionTableBuilder } from '../../engine/expr/index.js';
import { formatDuration } from '../../engine/time/duration.js';
import type { WindowSpec } from '../../engine/window/spec/window-spec.js';
import { compilePattern, drawNfa } from '../../engine/nfa/index.js';
import type { RuleDefinition, WindowRuleDefinition } from '../../engine/rule/definition.js';

/** The rule's automaton as a Mermaid diagram; of a window rule the way from events to alerts. */
export function mermaidOf(rule: RuleDefinition): string {
  if (rule.kind === 'window') return drawWindow(rule);
  return drawNfa(compilePattern(rule.pattern, new ExpressionTableBuilder(new FieldLayout())).nfa);
}

/** As the document has it: `sliding size 5m every 1m`. */
function windowText({ kind, ...bounds }: WindowSpec): string {
  const shown = Object.entries(bounds).filter(([, value]) => value !== undefined && value !== 0);
  return [
    kind,
    ...shown.map(([name, value]) => `${name} ${typeof value === 'number' && kind !== 'count' ? formatDuration(value) : value}`),
  ].join(' ');
}

function drawWindow({ from, key, window, select, having }: WindowRuleDefinition): string {
  const box = (text: string): string => `["${text.replaceAll('"', '#quot;').replaceAll('`', '#96;')}"]`;
  const values = select.map(({ name, aggregate, expression = '' }) => `${name} = ${aggregate}(${expression})`);
  return [
    'flowchart LR',
    `  events${box(`${from.join(', ')} by ${key === undefined ? 'one key' : [key].flat().join(', ')}`)}`,
    `  window${box(windowText(window))}`,
    `  select${box(values.join('; '))}`,
    '  alert(("alert"))',
    '  events --> window --> select',
    having === undefined ? '  select --> alert' : `  select -->|"${having.replaceAll('"', '#quot;')}"| alert`,
    '',
  ].join('\n');
}
