import { parseIsoTime } from '../../src/engine/event/decode/iso-time.js';
import type { OutboxRow } from '../../src/runtime/ports/stores.js';
import { alertJson, explainedAlertJson } from '../../src/runtime/alerts/alert-json.js';
import { keyText } from '../../src/runtime/alerts/key-text.js';
import { sliceElements, sliceMembers } from '../../src/service/http/json-slices.js';
import { readMoment } from '../../src/service/http/query-fields.js';

const row = (body: string): OutboxRow => ({
  number: 3,
  detectedAt: 17,
  alert: {
    id: 'x',
    rule: 'r',
    ruleVersion: 1,
    kind: 'match',
    severity: 'low',
    key: 'null',
    shadow: false,
    body: Buffer.from(body),
    explanation: Buffer.from('[{"step":"a"}]'),
  },
});

describe('alerts as text', () => {
  it('keep their events byte for byte', () => {
    const event = '{"n": 9007199254740993, "s":"\\ud800\\u0000", "n": 1.0}';
    expect(alertJson(row(`{"steps":{"a":[${event}]}}`))).toBe(`{"steps":{"a":[${event}]},"detectedAt":17}`);
    expect(alertJson(row('{}'))).toBe('{"detectedAt":17}');
    expect(explainedAlertJson(row('{"a":1}'))).toBe('{"a":1,"detectedAt":17,"explanation":[{"step":"a"}]}');
  });

  it.each([
    ['c1', '"c1"'],
    ['1', '1'],
    ['"1"', '"1"'],
    ['[1,"a"]', '[1,"a"]'],
    ['9007199254740993', '9007199254740993'],
    ['a"b', '"a\\"b"'],
    ['', '""'],
    ['1.0', '1'],
    ['-0', '0'],
  ])('key %s in a query is %s', (text, json) => {
    expect(keyText(text)).toBe(json);
  });
});

describe('slices of JSON', () => {
  it('are the texts as they came', () => {
    expect([...sliceMembers(' {"a" : {"x":[1,2]} ,"b\\"":"},{" , "c":1e2}')]).toEqual([
      ['a', '{"x":[1,2]}'],
      ['b"', '"},{"'],
      ['c', '1e2'],
    ]);
    expect(sliceElements('[ 1.0 , {"a":[2,3]},"x,\\"]" ]')).toEqual(['1.0', '{"a":[2,3]}', '"x,\\"]"']);
    expect(sliceElements('[]')).toEqual([]);
    expect(sliceMembers('{ }').size).toBe(0);
  });
});

describe('times in queries', () => {
  it.each([
    ['1767225600000', 1767225600000],
    ['-5', -5],
    ['2026-01-01T00:00:00Z', 1767225600000],
    ['2026-01-01T01:00:00 01:00', 1767225600000],
    ['2026-01-01T00:00', '2026-01-01T00:00'],
    ['yesterday', 'yesterday'],
  ])('%s', (text, expected) => {
    expect(readMoment(text)).toBe(expected);
  });
});

describe('ISO times', () => {
  it.each([
    ['2026-01-01T00:00:00Z', undefined, '2026-01-01T00:00:00.000Z'],
    ['2026-01-01T00:00:00.1234567+02:00', undefined, '2025-12-31T22:00:00.123Z'],
    ['2026-01-01 00:00:00-0530', undefined, '2026-01-01T05:30:00.000Z'],
    ['2026-02-29T00:00:00Z', undefined, 'not-a-time'],
    ['2028-02-29T00:00:00Z', undefined, '2028-02-29T00:00:00.000Z'],
    ['2026-01-01T24:00:00Z', undefined, 'not-a-time'],
    ['2026-13-01T00:00:00Z', undefined, 'not-a-time'],
    ['2026-01-01', undefined, 'not-a-time'],
    ['2026-01-01T00:00:00', undefined, 'no-offset'],
    ['0050-01-01T00:00:00Z', undefined, '0050-01-01T00:00:00.000Z'],
    ['2026-07-01T12:00:00', 'Europe/Berlin', '2026-07-01T10:00:00.000Z'],
    ['2026-10-25T02:30:00', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
    ['2026-10-25T03:00:00', 'Europe/Berlin', '2026-10-25T02:00:00.000Z'],
    ['2026-03-29T02:30:00', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
    ['2026-04-05T01:45:00', 'Australia/Lord_Howe', '2026-04-04T14:45:00.000Z'],
  ])('%s in %s', (text, zone, expected) => {
    const time = parseIsoTime(text, zone);
    expect(typeof time === 'number' ? new Date(time).toISOString() : time).toEqual(expected);
  });
});
