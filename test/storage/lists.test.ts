import fc from 'fast-check';
import { type ListKey, MemoryListStore } from '../../src/engine/expr/index.js';
import { ReferenceLists } from '../../src/storage/catalog/lists.js';
import { Database } from '../../src/storage/database.js';
import { TESTER } from '../support/outputs.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? Date.now() % 1_000_000);
const ROOM = { maxEntries: 100, make: true };

let postgres: TestPostgres;
let database: Database;
let lists: ReferenceLists;

beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await Database.open({ url: await postgres.createDatabase() });
  lists = new ReferenceLists(database);
}, 60_000);

afterAll(async () => {
  await database.close();
  await postgres.stop();
});

const entriesOf = (keys: readonly ListKey[], value: unknown = true) => keys.map((key) => ({ key, value }));

it('an unchanged content keeps its version, a changed one gets the next, and a deleted list counts on', async () => {
  const put = (keys: ListKey[], value?: unknown) => lists.change('a', { put: entriesOf(keys, value), remove: 'others' }, ROOM, TESTER);
  expect(await put(['x', 1])).toMatchObject({ created: true, changed: true, head: { version: 1, size: 2 } });
  expect(await put([1.0, 'x'])).toMatchObject({ created: false, changed: false, head: { version: 1, size: 2 } });
  expect(await put(['x', 1], { n: 9007199254740993n })).toMatchObject({ changed: true, head: { version: 2, size: 2 } });
  expect(await lists.entry('a', 'x')).toEqual({ key: 'x', value: { n: 9007199254740993n } });
  expect(await lists.delete('a', TESTER)).toEqual({ list: 'a', version: 3, deleted: true });
  expect(await lists.delete('a', TESTER)).toBeUndefined();
  expect(await lists.head('a')).toBeUndefined();
  expect(await put([])).toMatchObject({ created: true, head: { version: 4, size: 0 } });
});

it('keys are compared with their type, and are what they were', async () => {
  const keys: ListKey[] = ['1', 1, true, 'true', 9007199254740993n, '__proto__', '\ud800\0', ''];
  await lists.change('keys', { put: entriesOf(keys), remove: [] }, ROOM, TESTER);
  const found = await lists.entries('keys', undefined, 100);
  expect(found.map(({ key }) => key)).toHaveLength(keys.length);
  expect(new Set(found.map(({ key }) => key))).toEqual(new Set(keys));
  for (const key of keys) expect(await lists.entry('keys', key)).toEqual({ key, value: true });
});

it('is refused when it would be too long, or is not there', async () => {
  const change = (make: boolean) => lists.change('long', { put: entriesOf([1, 2, 3]), remove: [] }, { maxEntries: 2, make }, TESTER);
  await expect(change(true)).rejects.toMatchObject({ code: 'list-too-long' });
  await expect(change(false)).rejects.toMatchObject({ code: 'list-not-found' });
  expect((await lists.lists()).map(({ list }) => list)).not.toContain('long');
});

it(`any version is had from nothing and from any before it, as long as it is not forgotten (TRIPLINE_TEST_SEED=${SEED})`, async () => {
  const key = fc.nat(6);
  const change = fc.record({
    put: fc.array(fc.tuple(key, fc.nat(2)), { maxLength: 4 }),
    remove: fc.option(fc.array(key, { maxLength: 3 })),
  });
  let name = 0;
  const check = async (changes: readonly { put: [number, number][]; remove: number[] | null }[], forgotten: number) => {
    const list = `random-${++name}`;
    const versions: Map<ListKey, unknown>[] = [];
    let content = new Map<ListKey, unknown>();
    for (const { put, remove } of changes) {
      const entries = [...new Map(put)].map(([k, value]) => ({ key: k, value }));
      const { changed } = await lists.change(list, { put: entries, remove: remove ?? 'others' }, ROOM, TESTER);
      content = new Map(remove === null ? [] : content);
      for (const each of remove ?? []) content.delete(each);
      for (const { key: k, value } of entries) content.set(k, value);
      if (changed) versions.push(content);
    }
    const oldest = 1 + (forgotten % versions.length);
    await lists.forgetBefore([{ list, version: oldest, deleted: false }]);
    for (let to = oldest; to <= versions.length; to++) {
      for (let since = oldest; since < to; since++) expect(await contentOf(list, [since, to])).toEqual(versions[to - 1]);
      expect(await contentOf(list, [to])).toEqual(versions[to - 1]);
    }
  };
  await fc.assert(fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat(), check), { seed: SEED, numRuns: 15 });
}, 60_000);

/** What a store holds that is brought from version to version. */
async function contentOf(list: string, versions: readonly number[]): Promise<Map<ListKey, unknown>> {
  const store = new MemoryListStore();
  let since: number | undefined;
  for (const version of versions) {
    store.apply({ list, version, deleted: false, ...(await lists.update(list, since, version)) });
    since = version;
  }
  const found = store.list(list);
  const keys: number[] = [0, 1, 2, 3, 4, 5, 6];
  return new Map(keys.filter((key) => found?.has(key)).map((key) => [key, found?.get(key)]));
}
