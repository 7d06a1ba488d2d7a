import { readStream, readStreamDocument } from '../../src/engine/rule/index.js';

const FULL = `name: payments
source: {http: {partitions: 4}}
id: txId
time: {field: meta.at, format: iso8601, zone: Europe/Berlin}
outOfOrderness: 5s
idleAfter: never
quietAfter: 2s
dedupe: {for: 10m}
partitionedBy: cardId
fields: {amount: double, cardId: string, txId: string, __proto__x: object}
`;

describe('a stream document', () => {
  it('gives a frozen definition', () => {
    const { stream, problems } = readStreamDocument(FULL, { format: 'yaml' });
    expect(problems).toEqual([]);
    expect(stream).toEqual({
      name: 'payments',
      source: { kind: 'http', partitions: 4 },
      id: 'txId',
      time: { field: 'meta.at', path: ['meta', 'at'], format: 'iso8601', zone: 'Europe/Berlin' },
      outOfOrderness: 5_000,
      idleAfter: null,
      quietAfter: 2_000,
      dedupe: { for: 600_000 },
      partitionedBy: 'cardId',
      fields: { amount: 'double', cardId: 'string', txId: 'string', __proto__x: 'object' },
    });
    expect(Object.isFrozen(stream?.time?.path)).toBe(true);
  });

  it('fills in defaults', () => {
    expect(readStream({ name: 's' }).stream).toEqual({
      name: 's',
      source: { kind: 'http', partitions: 1 },
      outOfOrderness: 0,
      idleAfter: 1_000,
      quietAfter: 5_000,
    });
    expect(readStream({}, { name: 's' }).stream?.name).toBe('s');
  });

  const cases: [string, unknown, ...[string, string, object?][]][] = [
    ['no name', {}, ['missing-key', '']],
    ['another name', { name: 'a' }, ['name-mismatch', '/name']],
    ['a bad name', { name: 'a/b' }, ['name-mismatch', '/name']],
    ['two sources', { source: { kafka: { topic: 't' }, http: {} } }, ['several-sources', '/source']],
    ['a topic', { source: { kafka: { topic: 'a b' } } }, ['invalid-name', '/source/kafka/topic']],
    ['no topic', { source: { kafka: {} } }, ['missing-key', '/source/kafka']],
    ['a start', { source: { kafka: { topic: 't', start: 'now' } } }, ['invalid-value', '/source/kafka/start']],
    ['parts of records', { source: { kafka: { topic: 't', include: ['value'] } } }, ['invalid-value', '/source/kafka/include']],
    ['partitions', { source: { http: { partitions: 0 } } }, ['out-of-range', '/source/http/partitions']],
    ['dedupe without id', { dedupe: { for: '1m' } }, ['dedupe-needs-id', '/dedupe']],
    ['negative lateness', { outOfOrderness: '-5s' }, ['invalid-duration', '/outOfOrderness']],
    ['never is not for lateness', { outOfOrderness: 'never' }, ['invalid-duration', '/outOfOrderness']],
    ['no quiet at all', { quietAfter: '0s' }, ['invalid-duration', '/quietAfter']],
    ['no time field', { time: { format: 'iso8601' } }, ['missing-key', '/time']],
    ['a format', { time: { field: 'ts', format: 'epochMilis' } }, ['invalid-value', '/time/format', { suggestion: 'epochMillis' }]],
    [
      'a zone',
      { time: { field: 'ts', format: 'iso8601', zone: 'Europe/Berln' } },
      ['unknown-zone', '/time/zone', { suggestion: 'Europe/Berlin' }],
    ],
    ['a type', { fields: { a: 'int', b: 'double' } }, ['invalid-value', '/fields/a']],
    ['an id', { id: 'a ==' }, ['cel-syntax', '/id']],
    ['an id beyond the schema', { id: 'txID', fields: { txId: 'string' } }, ['field-unknown', '/id', { suggestion: 'txId' }]],
  ];
  it.each(cases)('%s', (name, document, ...expected) => {
    const options = name === 'no name' ? {} : { name: 's' };
    const { stream, problems } = readStream(document, options);
    expect(stream).toBeUndefined();
    expect(problems.map(({ code, pointer }) => [code, pointer])).toEqual(expected.map(([code, pointer]) => [code, pointer]));
    for (const [index, [, , more]] of expected.entries()) expect(problems[index]).toMatchObject(more ?? {});
  });

  it('a name that cannot stand in an address', () => {
    expect(readStream({ name: 'a/b' }).problems).toMatchObject([{ code: 'invalid-name', pointer: '/name' }]);
    expect(readStream({}, { name: '../x' }).problems).toMatchObject([{ code: 'invalid-name' }]);
  });

  it('warns of a zone without effect', () => {
    expect(readStream({ name: 's', time: { field: 'ts', zone: 'UTC' } }).warnings).toMatchObject([
      { code: 'zone-without-effect', pointer: '/time/zone' },
    ]);
  });
});
