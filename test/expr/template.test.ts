import { FieldLayout } from '../../src/engine/event/field-layout.js';
import { CelError, type ExpressionScope, ExpressionTableBuilder, ListView, toJsonText } from '../../src/engine/expr/index.js';
import { eventOf, evaluate } from './support.js';

const SCOPE: ExpressionScope = {
  event: false,
  steps: [
    { name: 'small', kind: 'many' },
    { name: 'large', kind: 'one' },
  ],
  values: ['key'],
};

function rendered(template: string): unknown {
  const layout = new FieldLayout();
  const builder = new ExpressionTableBuilder(layout);
  const number = builder.addTemplate(template, SCOPE);
  const events = [
    [eventOf(layout, { amount: 1 }), eventOf(layout, { amount: 2 })],
    [eventOf(layout, '{"amount": 900, "big": 9007199254740993}')],
  ];
  return builder.build().functions[number](null, new ListView((step) => events[step], ['c1']));
}

it.each([
  ['Card ${key} tested with ${size(small)} small payments before ${large.amount}', 'Card c1 tested with 2 small payments before 900'],
  ['', ''],
  ['no expression', 'no expression'],
  ['$${key} costs $5 {x} $ $$', '${key} costs $5 {x} $ $$'],
  ['${large.none}|${1 / 0}|${null}|${true}', '|+Inf|null|true'],
  ['${large.big}', '9007199254740993'],
  ['${"}"}${\'{\'}${r"\\"}${{"a": {"b": 1}}.a.b}', '}{\\1'],
  ['${small.map(e, e.amount)} ${large}', '[1,2] {"amount": 900, "big": 9007199254740993}'],
  ['`${"`${key}`"}`', '``${key}``'],
  ['${duration("90s")} ${timestamp(0)}', '90s 1970-01-01T00:00:00Z'],
])('%s', (template, expected) => {
  expect(rendered(template)).toBe(expected);
});

it('writes values as JSON', () => {
  const json = (source: string) => toJsonText(evaluate(source, '{"big": 9007199254740993, "o": {"a": [null, true]}}'));
  expect(json('[big, o, 1.5, "x\\u0000"]')).toBe('[9007199254740993,{"a":[null,true]},1.5,"x\\u0000"]');
  expect(json('{1: duration("1s"), "b": b"a"}')).toBe('{"1":"1s","b":"YQ=="}');
  expect(json('event')).toBe('{"big": 9007199254740993, "o": {"a": [null, true]}}');
  expect(json('[0.0 / 0.0]')).toBe('[null]');
  expect(toJsonText(new CelError('x'))).toBe('null');
});
