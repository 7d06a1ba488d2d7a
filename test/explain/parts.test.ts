import { conjunctsOf, readTexts } from '../../src/engine/expr/index.js';

it.each([
  ['a > 1', ['a > 1']],
  ['a > 1 && b < 2 && c', ['a > 1', 'b < 2', 'c']],
  ['(a > 1) && ((b < 2 && c))', ['a > 1', 'b < 2', 'c']],
  ['a && (b || c)', ['a', 'b || c']],
  ['a && b || c', ['a && b || c']],
  ['a && b ? c : d', ['a && b ? c : d']],
  ['s == "x && y" && t == \'(\'', ['s == "x && y"', "t == '('"]],
  ['l.exists(e, e > 1 && e < 2) && m["&&"]', ['l.exists(e, e > 1 && e < 2)', 'm["&&"]']],
  ['(a) == (b)', ['(a) == (b)']],
  ['a // x && y\n && b', ['a // x && y', 'b']],
])('%s demands %j', (text, parts) => expect(conjunctsOf(text)).toEqual(parts));

const SCOPE = {
  event: true,
  steps: [
    { name: 'one', kind: 'one' as const },
    { name: 'many', kind: 'many' as const },
  ],
};

it.each([
  ['amount > 1 && address.city == "x"', ['amount', 'address.city']],
  ['one.v < v', ['one.v', 'v']],
  ['event.one == event["@ts"]', ['event.one', 'event["@ts"]']],
  ['first(many).v == many[1].v && sum(many.map(e, e.v)) > limit', ['first(many).v', 'many[1].v', 'size(many)', 'limit']],
  ['has(event.x)', ['x']],
  ['1 < 2', []],
  ['not CEL', []],
])('%s reads %j', (text, reads) => expect(readTexts(text, SCOPE)).toEqual(reads));
