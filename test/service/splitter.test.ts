import { splitterFor } from '../../src/connectors/http/json-splitter.js';

const NDJSON = 'application/x-ndjson';
const JSON_TYPE = 'application/json';

/** [line, text] of each item; the same however the body is cut. */
function split(type: string | undefined, body: string | Buffer, cut: number, maxBytes = 1_000) {
  const bytes = Buffer.from(body as string);
  const splitter = splitterFor(type, maxBytes)!;
  const items = [];
  for (let at = 0; at < bytes.length; at += cut) items.push(...splitter.push(bytes.subarray(at, at + cut)));
  items.push(...splitter.end());
  return {
    items: items.map(({ line, bytes: found, tooLarge, size }) => (tooLarge ? [line, `too large: ${size}`] : [line, found.toString()])),
    fault: splitter.fault?.message,
  };
}

type Expected = readonly [
  name: string,
  type: string | undefined,
  body: string,
  items: readonly (readonly [number, string])[],
  fault?: RegExp,
];

const CASES: readonly Expected[] = [
  [
    'lines',
    NDJSON,
    '{"a":1}\n{"a":2}',
    [
      [1, '{"a":1}'],
      [2, '{"a":2}'],
    ],
  ],
  [
    'blank lines count',
    NDJSON,
    '\n{"a":1}\r\n \t\r\n{"a":2}\n\n',
    [
      [2, '{"a":1}'],
      [4, '{"a":2}'],
    ],
  ],
  ['a byte order mark', NDJSON, '\ufeff{"a":1}', [[1, '{"a":1}']]],
  [
    'lines that are no JSON',
    NDJSON,
    'x\n[1,\n2]',
    [
      [1, 'x'],
      [2, '[1,'],
      [3, '2]'],
    ],
  ],
  ['nothing', NDJSON, '', []],
  [
    'an array',
    JSON_TYPE,
    ' [ {"a":"]},{\\""} , {"b":[1,{}]}\n]\n',
    [
      [1, '{"a":"]},{\\""}'],
      [2, '{"b":[1,{}]}'],
    ],
  ],
  ['an empty array', JSON_TYPE, '[ ]', []],
  ['one object over lines', JSON_TYPE, '{\n"a": {"b": "}"}\n}\n', [[1, '{\n"a": {"b": "}"}\n}']]],
  [
    'lines under the type of JSON',
    JSON_TYPE,
    '{"a":1}\n{"a":2}\nx',
    [
      [1, '{"a":1}'],
      [2, '{"a":2}'],
      [3, 'x'],
    ],
  ],
  [
    'a broken element between others',
    JSON_TYPE,
    '[{"a":1},nul,{"b":},{"c":1}]',
    [
      [1, '{"a":1}'],
      [2, 'nul'],
      [3, '{"b":}'],
      [4, '{"c":1}'],
    ],
  ],
  [
    'a comma too many',
    JSON_TYPE,
    '[1,]',
    [
      [1, '1'],
      [2, ''],
    ],
  ],
  ['an array without end', JSON_TYPE, '[{"a":1},{"b"', [[1, '{"a":1}']], /closing \] is missing/],
  ['an array cut behind an element', JSON_TYPE, '[{"a":1}', [[1, '{"a":1}']], /closing \] is missing/],
  ['text behind the array', JSON_TYPE, '[1] x', [[1, '1']], /follows the closing/],
  ['an empty body', JSON_TYPE, ' ', [], /empty/],
  ['an object without end', JSON_TYPE, '{"a":"x', [], /ends inside/],
  ['a primitive', JSON_TYPE, '12', [[1, '12']]],
  [
    'a guess at an array',
    undefined,
    '[1,2]',
    [
      [1, '1'],
      [2, '2'],
    ],
  ],
  [
    'a guess at lines',
    'application/x-www-form-urlencoded',
    '{"a":1}\n{"a":2}',
    [
      [1, '{"a":1}'],
      [2, '{"a":2}'],
    ],
  ],
  [
    'text that is not ASCII',
    NDJSON,
    '{"a":"ü€😀"}\n{}',
    [
      [1, '{"a":"ü€😀"}'],
      [2, '{}'],
    ],
  ],
];

describe.each([1, 2, 3, 7, 1_000])('bodies in chunks of %d bytes', (cut) => {
  for (const [name, type, body, items, fault] of CASES) {
    it(name, () => {
      const found = split(type, body, cut);
      expect(found.items).toEqual(items);
      if (fault === undefined) expect(found.fault).toBeUndefined();
      else expect(found.fault).toMatch(fault);
    });
  }

  it('an item that is too large is skipped to its end and does not disturb its neighbours', () => {
    const large = `{"x":"${'y'.repeat(5_000)}"}`;
    expect(split(NDJSON, `{"a":1}\n${large}\n{"b":1}`, cut).items).toEqual([
      [1, '{"a":1}'],
      [2, `too large: ${large.length}`],
      [3, '{"b":1}'],
    ]);
    expect(split(JSON_TYPE, `[{"a":1},${large},{"b":1}]`, cut).items).toEqual([
      [1, '{"a":1}'],
      [2, `too large: ${large.length}`],
      [3, '{"b":1}'],
    ]);
  });
});

it('keeps only the beginning of an item that is too large', () => {
  const splitter = splitterFor(NDJSON, 100_000)!;
  for (let i = 0; i < 1_000; i++) splitter.push(Buffer.alloc(1_000, 'x'));
  const [item] = splitter.end();
  expect(item).toMatchObject({ tooLarge: true, size: 1_000_000 });
  expect(item.bytes.length).toBe(64 * 1024);
});

it('knows no other types', () => {
  expect(splitterFor('application/xml', 10)).toBeUndefined();
});
