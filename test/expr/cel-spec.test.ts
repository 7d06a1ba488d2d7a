import { cases, FILES, run } from './cel-spec.js';
import { EXCEPTIONS } from './cel-spec-exceptions.js';

const excepted = new Set(Object.values(EXCEPTIONS).flat());

describe.each(FILES)("CEL's official suite: %s", (file) => {
  const all = cases().filter(({ name }) => name.startsWith(`${file}/`));

  it('passes but for the exceptions', () => {
    const failures = all
      .filter(({ name }) => !excepted.has(name))
      .flatMap(({ name, test }) => {
        const wrong = run(test);
        return wrong === undefined ? [] : [`${name}: ${test.original.expr}: ${wrong}`];
      });
    expect(failures).toEqual([]);
    expect(all.length).toBeGreaterThan(0);
  });

  it('has no exception that passes', () => {
    expect(all.filter(({ name, test }) => excepted.has(name) && run(test) === undefined).map(({ name }) => name)).toEqual([]);
  });
});
