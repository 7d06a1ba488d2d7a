import { Event } from '../../src/engine/event/event.js';
import { FieldLayout } from '../../src/engine/event/field-layout.js';
import { checkExpression, type ExpressionScope, ExpressionTableBuilder, ListView } from '../../src/engine/expr/index.js';

export const ON_EVENT: ExpressionScope = { event: true, steps: [] };

/** Makes an event of JSON text or of a value that JSON can write. */
export function eventOf(layout: FieldLayout, json: unknown, offset = 0): Event {
  const raw = new TextEncoder().encode(typeof json === 'string' ? json : JSON.stringify(json));
  return new Event(layout, 's', 0, offset, 0, raw, layout.decode(raw));
}

/** Compiles one expression and evaluates it on an event and the events that steps have taken. */
export function evaluate(
  source: string,
  json: unknown = {},
  scope = ON_EVENT,
  taken: readonly (readonly unknown[])[] = [],
  values: readonly unknown[] = [],
): unknown {
  const layout = new FieldLayout();
  const builder = new ExpressionTableBuilder(layout);
  const number = builder.add(source, scope);
  const events = taken.map((list) => list.map((item, i) => eventOf(layout, item, i)));
  const match = new ListView((step) => events[step] ?? [], values);
  return builder.build().functions[number](scope.event ? eventOf(layout, json) : null, match);
}

/** The codes of an expression's problems. */
export function codes(source: string, scope = ON_EVENT): string[] {
  return checkExpression(source, scope).map((p) => p.code);
}
