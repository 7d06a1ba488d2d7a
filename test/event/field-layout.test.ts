import { CelError } from '../../src/engine/event/cel-error.js';
import { Event } from '../../src/engine/event/event.js';
import { FieldLayout, WHOLE_EVENT } from '../../src/engine/event/field-layout.js';

const encode = (text: string) => new TextEncoder().encode(text);
const make = (layout: FieldLayout, text: string) => new Event(layout, 's', 0, 1, 0, encode(text), layout.decode(encode(text)));

it('gives each name one slot, after the whole event', () => {
  const layout = new FieldLayout();
  expect([layout.slot('a'), layout.slot('b'), layout.slot('a'), layout.size]).toEqual([1, 2, 1, 3]);
  expect(layout.nameOf(2)).toBe('b');
});

it('decodes the fields of the layout only', () => {
  const layout = new FieldLayout();
  for (const name of ['a', 'none', 'null', '__proto__', 'constructor', 'big']) layout.slot(name);
  const fields = layout.decode(encode('{"a": [1], "null": null, "x": 1, "big": 9007199254740993}'));
  const missing = (name: string) => new CelError(`no such field: ${name}`, true);
  expect(fields).toEqual([undefined, [1], missing('none'), null, missing('__proto__'), missing('constructor'), 9007199254740993n]);
  expect(layout.decode(encode('{}'))[2]).toBe(fields[2]);
});

it('fills what an older event lacks', () => {
  const layout = new FieldLayout();
  layout.slot('a');
  const event = make(layout, '{"a": 1, "b": 2}');
  const [b, c] = [layout.slot('b'), layout.slot('c')];
  expect(event.fields).toHaveLength(2);
  expect(event.decodeSlot(b)).toBe(2);
  expect(event.fields[WHOLE_EVENT]).toBeUndefined();
  expect(event.decodeSlot(c)).toBeInstanceOf(CelError);
  expect(event.decodeSlot(WHOLE_EVENT)).toEqual({ a: 1, b: 2 });
});

it.each([
  ['[1]', 'event-not-object'],
  ['null', 'event-not-object'],
  ['"a"', 'event-not-object'],
  ['{', 'invalid-json'],
  ['{"a": [[[]]]}', 'json-too-deep'],
])('refuses %s', (text, code) => {
  expect(() => new FieldLayout(3).decode(encode(text))).toThrow(expect.objectContaining({ code }) as Error);
});
