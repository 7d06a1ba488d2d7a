import fc from 'fast-check';
import { type JsonObject, readJson } from '../../src/engine/event/json-reader.js';
import type { StreamDefinition } from '../../src/engine/rule/definition.js';
import { decodeEvent } from '../../src/engine/rule/decode-event.js';
import { checkFields } from '../../src/engine/rule/event-fields.js';
import { eventTime } from '../../src/engine/rule/event-time.js';
import { readStream } from '../../src/engine/rule/index.js';

const LIMITS = { maxEventBytes: 1_000_000, maxEventNesting: 8, farFutureMs: 3_600_000 };
const SEED = 20261125;

const STREAMS = [
  {
    name: 's',
    time: { field: 'ts', format: 'epochMillis' },
    fields: { ts: 'double', card: 'string', ok: 'boolean', list: 'list', o: 'object' },
  },
  { name: 's', time: { field: 'o.at', format: 'iso8601', zone: 'Europe/Berlin' } },
  { name: 's', time: { field: '__proto__', format: 'epochSeconds' } },
  { name: 's' },
].map((document) => readStream(document).stream as StreamDefinition);

/** The same judgement from the whole event. */
function fromWhole(text: string, stream: StreamDefinition): unknown {
  const value = readJson(text, LIMITS.maxEventNesting) as JsonObject;
  return checkFields(value, stream) ?? eventTime(value, stream, 0);
}

const value = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1.5,
    1e18,
    9007199254740993n,
    '',
    '2026-01-01T10:00:00',
    [],
    [1, [2]],
    {},
    { at: '2026-01-01T10:00:00Z' },
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string(),
);
const member = fc.tuple(fc.constantFrom('ts', 'card', 'ok', 'list', 'o', '__proto__', 'other'), value);
const json = (item: unknown): string => (typeof item === 'bigint' ? String(item) : (JSON.stringify(item) ?? 'null'));

describe('what decides about an event', () => {
  it('is read from its bytes as from the whole event', () => {
    fc.assert(
      fc.property(fc.array(member, { maxLength: 8 }), fc.constantFrom(...STREAMS), (members, stream) => {
        const text = `{${members.map(([name, item]) => `${JSON.stringify(name)}: ${json(item)}`).join(',')}}`;
        const expected = fromWhole(text, stream);
        const found = decodeEvent(Buffer.from(text), stream, 0, { ...LIMITS, farFutureMs: Infinity });
        expect(found).toEqual(expected);
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  it.each<readonly [string, string]>([
    ['{"ts": 1', 'invalid-json'],
    ['{"ts": 01}', 'invalid-json'],
    ['{"other": tru, "ts": 1}', 'invalid-json'],
    ['[1]', 'event-not-object'],
    ['7', 'event-not-object'],
    [`{"ts": 1, "o": ${'['.repeat(9)}${']'.repeat(9)}}`, 'json-too-deep'],
    ['{"card": "x"}', 'missing-time'],
    ['{"ts": 1, "ok": "yes"}', 'wrong-field-type'],
  ])('%s: %s', (text, code) => expect(decodeEvent(Buffer.from(text), STREAMS[0], 0, LIMITS)).toMatchObject({ code }));

  it('refuses bytes that are no UTF-8, also in fields that nobody reads', () => {
    const bytes = Buffer.concat([Buffer.from('{"ts": 1, "other": "'), Buffer.of(0xff), Buffer.from('"}')]);
    expect(decodeEvent(bytes, STREAMS[0], 0, LIMITS)).toMatchObject({ code: 'invalid-utf8' });
  });
});
