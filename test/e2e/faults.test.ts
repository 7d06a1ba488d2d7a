import { type DeadLetterView, type Problem, Rig, until } from './support.js';

const TIME = 1_700_000_000_000;
const TYPED = {
  name: 'typed',
  time: { field: 'ts', format: 'epochMillis' },
  fields: { card: 'string', amount: 'double' },
  quietAfter: 'never',
};

let rig: Rig;

beforeAll(async () => {
  rig = await Rig.start({ TRIPLINE_CHECKPOINT_INTERVAL: '200ms' });
  await rig.put('/v1/streams/typed', TYPED);
  await rig.put('/v1/streams/free', { name: 'free', time: { field: 'ts', format: 'epochMillis' }, quietAfter: 'never' });
  await rig.put('/v1/rules/typed', { id: 'typed', from: 'typed', key: 'card', pattern: [{ begin: 'one', where: 'amount > 0' }] });
  await rig.put('/v1/rules/pairs', pairRule('pairs'));
}, 60_000);

afterAll(() => rig.stop());

function pairRule(id: string) {
  return {
    id,
    from: 'free',
    key: 'card',
    pattern: [
      { begin: 'first', where: 'kind == "a"' },
      { followedBy: 'second', where: 'kind == "b"' },
    ],
    within: '10m',
  };
}

describe('events that cannot be used', () => {
  const deep = `{"card":"x","amount":1,"ts":${TIME},"deep":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;
  const bad: [string, string | Buffer, string][] = [
    ['a line cut off', '{"card": "x", "amo', 'invalid-json'],
    ['a wrong type', { card: 'x', amount: 'much', ts: TIME } as never, 'wrong-field-type'],
    ['no time', '{"card":"x","amount":1}', 'missing-time'],
    ['an absurd time', '{"card":"x","amount":1,"ts":1e300}', 'invalid-time'],
    ['a time that is text', '{"card":"x","amount":1,"ts":"soon"}', 'invalid-time'],
    ['a time of null', '{"card":"x","amount":1,"ts":null}', 'invalid-time'],
    ['a time far in the future', `{"card":"x","amount":1,"ts":${Date.now() + 86_400_000}}`, 'far-future'],
    ['10,000 brackets', deep, 'json-too-deep'],
    ['10,000 open brackets', '['.repeat(10_000), 'json-too-deep'],
    ['bytes that are no UTF-8', Buffer.from(`{"card":"\xff\xfe","amount":1,"ts":${TIME}}`, 'latin1'), 'invalid-utf8'],
    ['a list', '[1, 2]', 'event-not-object'],
    ['10 MB', `{"card":"x","amount":1,"ts":${TIME},"fill":"${'y'.repeat(10 * 2 ** 20)}"}`, 'event-too-large'],
    ['a number beyond doubles', `{"card":"x","amount":1e999,"ts":${TIME}}`, 'invalid-json'],
  ];

  it('are named line by line, stand in the dead letters, and disturb no neighbour', async () => {
    const lines = bad.flatMap(([, line], index) => [line, good(index)]);
    const { status, body } = await rig.send('typed', lines);
    expect(status).toBe(200);
    expect(body.accepted).toBe(bad.length);
    expect(body.rejected.map(({ line, code }) => [bad[(line - 1) / 2]?.[0], code])).toEqual(bad.map(([what, , code]) => [what, code]));
    const alerts = await rig.alertsOf('typed', bad.length);
    expect(alerts.map(({ key }) => key)).toEqual(bad.map((_, index) => `good${index}`));
    const letters = await until(
      () => rig.deadLetters('stream=typed'),
      (items) => items.length >= bad.length,
    );
    expect(letters.map(({ code }) => code).sort()).toEqual(bad.map(([, , code]) => code).sort());
    expect(Buffer.from(letterOf(letters, 'invalid-utf8').rawBase64 ?? '', 'base64')).toEqual(bad[9]?.[1]);
    expect(letterOf(letters, 'wrong-field-type').raw).toBe('{"card":"x","amount":"much","ts":1700000000000}');
  });

  it('a whole body of another encoding or kind is a problem, not a crash', async () => {
    expect((await rig.ask<Problem>('POST', '/v1/streams/nobody/events', '{}')).body).toMatchObject({
      status: 404,
      code: 'stream-not-found',
    });
    const xml = await rig.ask<Problem>('POST', '/v1/streams/typed/events', '<a/>', { 'content-type': 'application/xml' });
    expect(xml.body).toMatchObject({ status: 415, code: 'unsupported-content-type' });
    const cut = await rig.ask<Problem>('POST', '/v1/streams/typed/events', '[{"a":1', { 'content-type': 'application/json' });
    expect([200, 400]).toContain(cut.status);
    const empty = await rig.ask<{ accepted: number }>('POST', '/v1/streams/typed/events', '', { 'content-type': 'application/x-ndjson' });
    expect(empty.status < 500).toBe(true);
  });

  it('header floods are refused, and the next request is answered', async () => {
    const flood = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`x-flood-${index}`, 'y'.repeat(50)]));
    const reply = await rig.ask<Problem>('GET', '/v1/rules', undefined, flood);
    expect(reply.status).toBe(431);
    expect((await rig.ask('GET', '/health/live')).status).toBe(200);
  });
});

function good(index: number) {
  return { card: `good${index}`, amount: 1, ts: TIME + index };
}

function letterOf(letters: readonly DeadLetterView[], code: string): DeadLetterView {
  return letters.find((letter) => letter.code === code) as DeadLetterView;
}

describe('values that others lose', () => {
  it('\\u0000 and lone surrogates come back in the alert byte for byte', async () => {
    const first = `{ "card":"nul\\u0000\\ud800x", "kind" : "a","ts":${TIME}, "n": 1.50, "text":"\\u0000\\udfff\\/\\u00e9" }`;
    const second = `{"card":"nul\\u0000\\uD800x","kind":"b","ts":${TIME + 1},"big":123456789012345678901234567890}`;
    expect((await rig.send('free', [first, second])).body).toMatchObject({ accepted: 2, rejected: [] });
    const [alert] = await rig.alertsOf('pairs', 1);
    expect(alert?.key).toBe('nul\u0000\ud800x');
    const { text } = await rig.ask('GET', `/v1/alerts/${alert?.id}`);
    expect(text).toContain(first);
    expect(text).toContain(second);
    expect((await rig.ask('GET', '/v1/alerts')).text).toContain(second);
  });

  it('integers beyond 2^53 are different keys', async () => {
    await rig.put('/v1/rules/big', pairRule('big'));
    const line = (card: string, kind: string, at: number) => `{"card":${card},"kind":"${kind}","ts":${TIME + at}}`;
    await rig.send('free', [
      line('9007199254740993', 'a', 10),
      line('9007199254740992', 'b', 11),
      line('9007199254740993', 'b', 12),
      line('1', 'a', 13),
      line('"1"', 'b', 14),
      line('1.0', 'b', 15),
    ]);
    const alerts = await rig.alertsOf('big', 2);
    expect(alerts.map(({ endTime }) => endTime - TIME)).toEqual([12, 15]);
    const { text } = await rig.ask('GET', '/v1/alerts?rule=big&key=9007199254740993');
    expect(text).toContain('"key":9007199254740993');
    expect(JSON.parse(text).items).toHaveLength(1);
  });

  it('__proto__ and constructor are fields like any other', async () => {
    await rig.put('/v1/rules/proto', {
      id: 'proto',
      from: 'free',
      key: 'event["__proto__"]',
      pattern: [{ begin: 'one', where: 'has(event.constructor) && event.constructor == "c"' }],
    });
    const line = `{"__proto__":"p","constructor":"c","toString":1,"ts":${TIME + 20}}`;
    await rig.send('free', ['{"__proto__":{"constructor":"c"},"ts":1700000000020}', line]);
    const [alert] = await rig.alertsOf('proto', 1);
    expect(alert?.key).toBe('p');
    expect((await rig.ask('GET', `/v1/alerts/${alert?.id}`)).text).toContain(line);
    expect((await rig.alerts('rule=proto')).length).toBe(1);
  });
});

describe('rule documents', () => {
  const yaml = { 'content-type': 'application/yaml' };

  it('say all their problems at once, with line and column', async () => {
    const text = [
      'id: Bad_Id',
      'from: free',
      'sevrity: high',
      'pattern:',
      '  - begin: a',
      '    where: amount >',
      '  - folowedBy: b',
      'within: soon',
    ].join('\n');
    const { status, body } = await rig.ask<Problem>('POST', '/v1/rules', text, yaml);
    expect(status).toBe(422);
    const places = (body.errors ?? []).map(({ code, line }) => `${code}:${line}`);
    expect(places).toEqual(expect.arrayContaining(['invalid-id:1', 'unknown-key:3', 'cel-syntax:6', 'invalid-duration:8']));
    expect(body.errors?.every(({ column }) => (column ?? 0) > 0)).toBe(true);
  });

  it('that cannot be parsed are 400 with the place', async () => {
    const { body } = await rig.ask<Problem>('POST', '/v1/rules', 'id: a\n  pattern: [', yaml);
    expect(body).toMatchObject({ status: 400, code: 'invalid-yaml' });
    expect(body.errors?.[0]?.line).toBeGreaterThan(0);
    const json = await rig.ask<Problem>('POST', '/v1/rules', '{"id": "a",', { 'content-type': 'application/json' });
    expect(json.body).toMatchObject({ status: 400, code: 'invalid-json' });
  });

  const laughs = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
    .split('')
    .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]`)
    .join('\n')}`;
  const hostile: [string, string][] = [
    ['aliases that multiply', laughs],
    ['an alias of itself', 'id: a\nfrom: free\npattern: &p [*p]'],
    ['10,000 brackets', `id: a\nfrom: free\npattern: ${'['.repeat(10_000)}`],
    ['10,000 parentheses', `id: a\nfrom: free\npattern: [{begin: x, where: "${'('.repeat(4_000)}1${')'.repeat(4_000)}"}]`],
    ['300 KiB', `id: a\ndescription: ${'x'.repeat(300 * 1024)}`],
    ['a tag that makes things', 'id: !!js/function "function(){}"\nfrom: free\npattern: []'],
    ['__proto__ as key', 'id: a\nfrom: free\n__proto__: {polluted: true}\npattern: [{begin: x}]'],
    ['two documents', 'id: a\n---\nid: b'],
    ['a key twice', 'id: a\nid: b\nfrom: free\npattern: [{begin: x}]'],
    ['constructor as step walked through', 'id: a\nfrom: free\npattern: [{begin: x, where: "constructor.constructor(1)"}]'],
    ['times beyond all', 'id: a\nfrom: free\npattern: [{begin: x, times: 1000000000}]'],
    [
      'groups that multiply',
      `id: a\nfrom: free\npattern: ${'[{begin: {pattern: '.repeat(20)}[{begin: x, times: 900}]${', times: 900}}]'.repeat(20)}`,
    ],
    ['a step called event', 'id: a\nfrom: free\npattern: [{begin: event}]'],
    ['nothing', ''],
    ['a number', '42'],
    ['a NUL', 'id: a\0\nfrom: free\npattern: [{begin: x}]'],
    ['a template that ends nowhere', 'id: a\nfrom: free\npattern: [{begin: x}]\nalert: {title: "${"}'],
  ];

  it.each(hostile)(
    '%s: refused quickly with a problem',
    async (_what, text) => {
      const { status, body } = await rig.ask<Problem>('POST', '/v1/rules', text, yaml);
      expect([400, 413, 422]).toContain(status);
      expect(body.code).not.toBe('internal-error');
      expect((await rig.ask('GET', '/health/live')).status).toBe(200);
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    },
    5_000,
  );

  it('a catastrophic expression of a regex ends at once', async () => {
    await rig.put('/v1/rules/regex', {
      id: 'regex',
      from: 'free',
      key: 'card',
      pattern: [{ begin: 'x', where: 'text.matches("^(a+)+$")' }],
    });
    await rig.send('free', [
      { card: 'r', text: `${'a'.repeat(50_000)}!`, ts: TIME + 30 },
      { card: 'r', text: 'aaaa', ts: TIME + 31 },
    ]);
    expect(await rig.alertsOf('regex', 1)).toHaveLength(1);
  });
});

it('none of it restarted the engine or left a 5xx', async () => {
  expect(await rig.restarts()).toBe(0);
  expect(rig.service.output).not.toContain('internal-error');
});
