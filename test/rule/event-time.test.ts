import { checkFields, eventTime, readStream, type StreamDefinition } from '../../src/engine/rule/index.js';

function stream(document: object): StreamDefinition {
  const { stream: read } = readStream({ name: 's', ...document });
  if (read === undefined) throw new Error('not a stream');
  return read;
}

const T = Date.UTC(2026, 0, 31, 12);

describe("an event's time", () => {
  const millis = stream({ time: { field: 'ts' } });
  const seconds = stream({ time: { field: 'ts', format: 'epochSeconds' } });
  const iso = stream({ time: { field: 'ts', format: 'iso8601' } });
  const berlin = stream({ time: { field: 'ts', format: 'iso8601', zone: 'Europe/Berlin' } });
  const nested = stream({ time: { field: 'a.b', format: 'epochMillis' } });
  const cases: [string, StreamDefinition, Record<string, unknown>, number | string][] = [
    ['milliseconds', millis, { ts: T }, T],
    ['a fraction', millis, { ts: 1.9 }, 1],
    ['before 1970', millis, { ts: -0.5 }, -1],
    ['missing', millis, {}, 'missing-time'],
    ['null', millis, { ts: null }, 'invalid-time'],
    ['text', millis, { ts: String(T) }, 'invalid-time'],
    ['an object', millis, { ts: {} }, 'invalid-time'],
    ['absurd', millis, { ts: 1e17 }, 'invalid-time'],
    ['a big integer', millis, { ts: 12345678901234567890n }, 'invalid-time'],
    ['not inherited', stream({ time: { field: 'constructor' } }), {}, 'missing-time'],
    ['seconds', seconds, { ts: 1_700_000_000 }, 1_700_000_000_000],
    ['seconds with a fraction', seconds, { ts: 1_700_000_000.123 }, 1_700_000_000_123],
    ['seconds that are milliseconds', seconds, { ts: T }, 'invalid-time'],
    ['nested', nested, { a: { b: 5 } }, 5],
    ['nested, missing', nested, { a: 5 }, 'missing-time'],
    ['ISO in UTC', iso, { ts: '2026-01-31T12:00:00Z' }, T],
    ['ISO with an offset', iso, { ts: '2026-01-31T14:00:00.250+02:00' }, T + 250],
    ['ISO without offset', iso, { ts: '2026-01-31T12:00:00' }, 'invalid-time'],
    ['no ISO', iso, { ts: 'yesterday' }, 'invalid-time'],
    ['a number is no ISO', iso, { ts: T }, 'invalid-time'],
    ['a zone', berlin, { ts: '2026-01-31T13:00:00' }, T],
    ['a zone and an offset', berlin, { ts: '2026-01-31T12:00:00Z' }, T],
    ['a repeated local time: the earlier offset', berlin, { ts: '2025-10-26T02:30:00' }, Date.UTC(2025, 9, 26, 0, 30)],
  ];
  it.each(cases)('%s', (_name, definition, value, expected) => {
    const time = eventTime(value, definition);
    if (typeof expected === 'number') expect(time).toBe(expected);
    else expect(time).toEqual({ code: expected, message: expect.any(String) });
  });

  it('is the arrival time without a field', () => {
    expect(eventTime({}, stream({}), 7)).toBe(7);
    expect(eventTime({}, stream({}))).toMatchObject({ code: 'missing-time' });
  });
});

describe('a schema', () => {
  const schema = stream({ fields: { d: 'double', s: 'string', b: 'boolean', l: 'list', o: 'object' } });
  const cases: [string, Record<string, unknown>, string?][] = [
    ['all right', { d: 1.5, s: 'x', b: false, l: [], o: {} }],
    ['null, missing and more', { d: null, extra: 1 }],
    ['big integers are numbers', { d: 12345678901234567890n }],
    ['a number for a string is taken by its text', { s: 7 }],
    ['a text for a number', { d: '1' }, '`d`'],
    ['a boolean for a string', { s: true }, '`s`'],
    ['an object for a list', { l: {} }, '`l`'],
    ['a list for an object', { o: [] }, '`o`'],
    ['1 for a boolean', { b: 1 }, '`b`'],
  ];
  it.each(cases)('%s', (_name, value, ...[named]: (string | undefined)[]) => {
    const fault = checkFields(value, schema);
    if (named === undefined) expect(fault).toBeUndefined();
    else expect(fault).toMatchObject({ code: 'wrong-field-type', message: expect.stringContaining(named) });
  });
});
