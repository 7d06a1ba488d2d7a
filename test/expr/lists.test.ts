import { CelError } from '../../src/engine/event/cel-error.js';
import { FieldLayout } from '../../src/engine/event/field-layout.js';
import {
  analyzeExpression,
  checkExpression,
  ExpressionTableBuilder,
  type ListUpdate,
  MemoryListStore,
} from '../../src/engine/expr/index.js';
import { eventOf, ON_EVENT } from './support.js';

function update(list: string, version: number, put: ListUpdate['put'], removed: ListUpdate['removed'] = []): ListUpdate {
  return { list, version, put, removed, deleted: false };
}

function storeOf(): MemoryListStore {
  const store = new MemoryListStore();
  store.apply(
    update(
      'blocked',
      1,
      ['c1', 7, 9007199254740993n].map((key) => [key, true]),
    ),
  );
  store.apply(update('merchants', 1, [['m1', { risk: 0.9, tags: ['x'] }]]));
  return store;
}

function evaluator(source: string, store: MemoryListStore): (json: unknown) => unknown {
  const layout = new FieldLayout();
  const builder = new ExpressionTableBuilder(layout);
  builder.add(source, ON_EVENT);
  const [run] = builder.build(store).functions;
  return (json) => run(eventOf(layout, json), null);
}

const ERROR = Symbol('an error value');

it.each([
  ['card in list("blocked")', '{"card": "c1"}', true],
  ['card in list("blocked")', '{"card": "c2"}', false],
  ['!(card in list("blocked"))', '{"card": "c2"}', true],
  ['card in list("blocked")', '{"card": 7.0}', true],
  ['card in list("blocked")', '{"card": "7"}', false],
  ['card in list("blocked")', '{"card": 9007199254740993}', true],
  ['card in list("blocked")', '{"card": 9007199254740992}', false],
  ['card in list("blocked")', '{"card": null}', ERROR],
  ['card in list("blocked")', '{"card": ["c1"]}', ERROR],
  ['card in list("blocked")', '{}', ERROR],
  ['card in list("none")', '{"card": "c1"}', ERROR],
  ['card in list("none") || true', '{"card": "c1"}', true],
  ['lookup("merchants", m).risk > 0.5', '{"m": "m1"}', true],
  ['lookup("merchants", m).risk > 0.5', '{"m": "m2"}', ERROR],
  ['m in list("merchants") && lookup("merchants", m).risk > 0.5', '{"m": "m2"}', false],
  ['has(lookup("merchants", m).risk)', '{"m": "m1"}', true],
  ['has(lookup("merchants", m).none)', '{"m": "m1"}', false],
  ['lookup("merchants", m).tags', '{"m": "m1"}', ['x']],
  ['lookup("none", m)', '{"m": "m1"}', ERROR],
  ['cards.exists(c, c in list("blocked"))', '{"cards": ["c2", "c1"]}', true],
  ['sum(cards.map(c, lookup("merchants", c).risk))', '{"cards": ["m1", "m1"]}', 1.8],
])('%s of %s', (source, json, expected) => {
  const result = evaluator(source, storeOf())(json);
  expect(result instanceof CelError ? ERROR : result).toEqual(expected);
});

it('sees the changes that are applied between events, in their order', () => {
  const store = new MemoryListStore();
  const run = evaluator('card in list("blocked")', store);
  const event = { card: 'c1' };
  expect(run(event)).toBeInstanceOf(CelError);
  store.apply(update('blocked', 1, [['c1', true]]));
  expect(run(event)).toBe(true);
  store.apply(update('blocked', 2, [], ['c1']));
  expect(run(event)).toBe(false);
  store.apply({ ...update('blocked', 3, []), deleted: true });
  expect(run(event)).toBeInstanceOf(CelError);
  expect(store.versions()).toEqual([{ list: 'blocked', version: 3, deleted: true }]);
  store.apply(update('blocked', 4, []));
  expect(run(event)).toBe(false);
});

it('passes over versions that it has', () => {
  const store = storeOf();
  store.apply(update('blocked', 1, [], ['c1']));
  expect(store.list('blocked')?.has('c1')).toBe(true);
});

it('tells which lists an expression reads', () => {
  const builder = new ExpressionTableBuilder(new FieldLayout());
  builder.add('a in list("x") && lookup("y", b) == 1', ON_EVENT);
  expect([...builder.build().lists]).toEqual(['x', 'y']);
  expect(analyzeExpression('a in list("x")', ON_EVENT)).toMatchObject({ eventOnly: true, reads: { fields: ['a'], lists: ['x'] } });
});

it.each([
  ['list("x")', 'wrong-argument-count'],
  ['size(list("x"))', 'wrong-argument-count'],
  ['a in list(b)', 'wrong-argument-count'],
  ['a in list("x", "y")', 'wrong-argument-count'],
  ['lookup(a, b)', 'wrong-argument-count'],
  ['lookup("x")', 'wrong-argument-count'],
  ['a in list("blokced")', 'unknown-list'],
  ['lookup("blokced", a) == 1', 'unknown-list'],
])('%s is refused', (source, code) => {
  const [problem, ...more] = checkExpression(source, { ...ON_EVENT, lists: ['blocked'] });
  expect(problem).toMatchObject(code === 'unknown-list' ? { code, suggestion: 'blocked' } : { code });
  expect(more).toEqual([]);
});

it('names stay text', () => {
  const name = '"];process.exit(1);//`${';
  const store = new MemoryListStore();
  store.apply(update(name, 1, [['__proto__', 1]]));
  expect(evaluator(`x in list(${JSON.stringify(name)})`, store)('{"x": "__proto__"}')).toBe(true);
});
