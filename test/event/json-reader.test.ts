import { decodeUtf8, JsonError, readJson } from '../../src/engine/event/json-reader.js';

const own = (key: string, value: unknown) =>
  Object.defineProperty({}, key, { value, enumerable: true, writable: true, configurable: true });

describe('values', () => {
  it.each<[string, unknown]>([
    ['9007199254740993', 9007199254740993n],
    ['-9007199254740993', -9007199254740993n],
    ['9007199254740992', 9007199254740992],
    ['9007199254740991', 9007199254740991],
    ['1000000000000000000000', 1e21],
    ['1000000000000000000001', 1000000000000000000001n],
    ['1000000000000000.5', 1000000000000000.5],
    ['9007199254740993.0', 9007199254740992],
    ['9007199254740993e0', 9007199254740992],
    ['1e300', 1e300],
    ['1E+300', 1e300],
    ['1e-400', 0],
    ['-0', -0],
    [
      '{"a": [9007199254740993, "9007199254740993", {"b": null}], "c": true, "d": false}',
      { a: [9007199254740993n, '9007199254740993', { b: null }], c: true, d: false },
    ],
    ['{"a":1,"a":2}', { a: 2 }],
    ['{"a":1,"a":9007199254740993}', { a: 9007199254740993n }],
    ['{"__proto__": {"x": 1}}', own('__proto__', { x: 1 })],
    ['{"__proto__": 9007199254740993}', own('__proto__', 9007199254740993n)],
    ['["\\ud800", "\\u0000", "\\"\\\\\\/\\b\\f\\n\\r\\t"]', ['\ud800', '\u0000', '"\\/\b\f\n\r\t']],
    ['["\\ud800", "\\u0000", 9007199254740993, "\\u00e9\\"{"]', ['\ud800', '\u0000', 9007199254740993n, 'é"{']],
    [' \t\r\n[ ] ', []],
    ['{"n": 12345678901234567, "e": {}, "l": []}', { n: 12345678901234567n, e: {}, l: [] }],
    ['""', ''],
    ['null', null],
  ])('%s', (text, expected) => {
    const value = readJson(text);
    expect(value).toEqual(expected);
    expect(Object.is(value, -0)).toBe(text === '-0');
  });

  it('gives __proto__ as an own key and no other prototype', () => {
    for (const text of ['{"__proto__": {"x": 1}}', '{"__proto__": {"x": 1}, "n": 9007199254740993}']) {
      const value = readJson(text) as object;
      expect(Object.hasOwn(value, '__proto__')).toBe(true);
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect((value as { x?: number }).x).toBeUndefined();
    }
  });
});

describe('errors', () => {
  it.each<[string, string, number]>([
    ['', 'invalid-json', 0],
    ['{"a": 1,}', 'invalid-json', 8],
    ['{"a" 1}', 'invalid-json', 5],
    ['[1 2]', 'invalid-json', 3],
    ['{"a": tru}', 'invalid-json', 6],
    ['[01]', 'invalid-json', 2],
    ['1 1', 'invalid-json', 2],
    ['{"a":1', 'invalid-json', 6],
    ['"abc', 'invalid-json', 4],
    ['"\\x"', 'invalid-json', 2],
    ['"\\u12g4"', 'invalid-json', 3],
    ['"a\u0001"', 'invalid-json', 2],
    ['{a: 1}', 'invalid-json', 1],
    ['\ufeff{}', 'invalid-json', 0],
    ['1e400', 'invalid-json', 0],
    ['[-1e999]', 'invalid-json', 1],
    [`[${'9'.repeat(400)}]`, 'invalid-json', 1],
    ['[NaN]', 'invalid-json', 1],
    ['+1', 'invalid-json', 0],
    ['[9007199254740993, nul]', 'invalid-json', 19],
    ['['.repeat(65) + ']'.repeat(65), 'json-too-deep', 64],
    ['[{"a":'.repeat(100_000), 'json-too-deep', 192],
    [`[${'['.repeat(70)}9007199254740993`, 'json-too-deep', 64],
  ])('%.40s', (text, code, offset) => {
    expect(() => readJson(text)).toThrow(expect.objectContaining({ code, offset, name: 'JsonError' }) as Error);
  });

  it('nests as deep as allowed, and brackets in strings do not count', () => {
    expect(() => readJson('['.repeat(64) + ']'.repeat(64))).not.toThrow();
    expect(readJson(JSON.stringify('['.repeat(100)))).toHaveLength(100);
    expect(readJson(`["${'\\"['.repeat(100)}"]`)).toHaveLength(1);
    expect(() => readJson('[[1]]', 1)).toThrow(JsonError);
  });
});

it('agrees with JSON.parse where doubles are enough', () => {
  const texts = ['{"a":[1,-2.5e3,"x\\ny",{"b":{}}],"":null}', '[0.1234567890123456789, 1e100]', '"\\ud83d\\ude00😀"'];
  for (const text of texts) expect(readJson(text)).toEqual(JSON.parse(text));
});

describe('UTF-8', () => {
  const bytes = (...list: number[]) => Uint8Array.from(list);

  it.each<[string, Uint8Array, number]>([
    ['a stray continuation', bytes(0x61, 0x80), 1],
    ['an overlong slash', bytes(0xc0, 0xaf), 0],
    ['a surrogate', bytes(0x61, 0x62, 0xed, 0xa0, 0x80), 2],
    ['beyond U+10FFFF', bytes(0xf4, 0x90, 0x80, 0x80), 0],
  ])('%s is refused', (_, input, offset) => {
    expect(() => decodeUtf8(input)).toThrow(expect.objectContaining({ code: 'invalid-utf8' }) as Error);
    try {
      decodeUtf8(input);
    } catch (cause) {
      expect((cause as JsonError).offset).toBeGreaterThanOrEqual(offset);
      expect((cause as JsonError).offset).toBeLessThan(input.length);
    }
  });

  it('is text otherwise', () => {
    expect(decodeUtf8(new TextEncoder().encode('héllo 😀\u0000'))).toBe('héllo 😀\u0000');
    expect(decodeUtf8(bytes(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
  });
});
