import { Partitioners } from 'kafkajs';
import { describeWithKafka, startTestKafka, type TestKafka } from '../support/kafka.js';
import { Rig, until } from './support.js';

const TOPIC = 'tripline.commands';
const REPLIES = `${TOPIC}.reply`;
const STREAM = { name: 'orders', time: { field: 'ts', format: 'epochMillis' } };
const RULE = { id: 'big', from: 'orders', key: 'card', pattern: [{ begin: 'a', where: 'amount > 100' }], alert: { title: '${a.amount}' } };

interface Reply {
  readonly id: string;
  readonly key: string | undefined;
  readonly replayed: boolean;
  readonly status: number;
  readonly body: { readonly [member: string]: unknown };
}

describeWithKafka('the command topic', () => {
  let kafka: TestKafka;
  let rig: Rig;
  const replies: Reply[] = [];
  let sent = 0;
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    kafka = await startTestKafka();
    // The service is there before its topics are.
    rig = await Rig.start({ KAFKA_BROKERS: kafka.brokers, TRIPLINE_COMMAND_TOPIC: TOPIC });
    await state('unreachable');
    await kafka.createTopic(TOPIC, 1);
    await kafka.createTopic(REPLIES, 1);
    await readReplies();
    await state('connected');
  }, 120_000);

  afterAll(async () => {
    for (const close of closing) await close();
    await rig?.stop();
    await kafka?.stop();
  });

  const state = (wanted: string) =>
    until(
      async () => (await rig.ask<{ commands: { state: string } | null }>('GET', '/health/ready')).body.commands?.state,
      (found) => found === wanted,
    );

  async function readReplies(): Promise<void> {
    const consumer = kafka.client.consumer({ groupId: 'test' });
    await consumer.connect();
    closing.push(() => consumer.disconnect());
    await consumer.subscribe({ topic: REPLIES, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message: { key, value, headers = {} } }) => {
        const id = String(headers.kafka_correlationId);
        const { status, body } = JSON.parse(String(value));
        replies.push({ id, key: key?.toString(), replayed: headers['idempotent-replayed'] !== undefined, status, body });
      },
    });
  }

  /** Sends messages in one go; values that are no text are written as JSON. */
  async function send(...messages: { id?: string; key?: string; value: unknown; headers?: Record<string, string> }[]): Promise<void> {
    const producer = kafka.client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({
      topic: TOPIC,
      messages: messages.map(({ id, key, value, headers }) => ({
        key,
        value: value === null || typeof value === 'string' ? value : JSON.stringify(value),
        headers: { ...(id === undefined ? {} : { kafka_correlationId: id }), ...headers },
      })),
    });
    await producer.disconnect();
  }

  /** Sends one command and gives its reply. */
  async function command(
    value: unknown,
    { id = `c${++sent}`, ...more }: { id?: string; key?: string; headers?: Record<string, string> } = {},
  ) {
    const before = replies.length;
    await send({ id, value, ...more });
    return until(
      async () => replies.slice(before).find((reply) => reply.id === id),
      (reply) => reply !== undefined,
    ) as Promise<Reply>;
  }

  it('makes streams, rules and sinks, and answers as REST does', async () => {
    expect(await command({ command: 'put-stream', document: STREAM }, { key: 'orders' })).toMatchObject({
      key: 'orders',
      status: 201,
      body: { name: 'orders', version: 1, warnings: [] },
    });
    expect(await command({ command: 'put-rule', document: RULE })).toMatchObject({
      status: 201,
      body: { id: 'big', version: 1, status: 'active' },
    });
    const sink = { name: 'hook', webhook: { url: 'https://hooks.example.com', secret: 'very-secret-1' } };
    const made = await command({ command: 'put-sink', document: sink });
    expect(made).toMatchObject({ status: 201, body: { name: 'hook', sink: { webhook: { secret: '***' } } } });
    await rig.send('orders', [{ ts: 1_767_225_600_000, card: 'c', amount: 500 }]);
    expect((await rig.alertsOf('big', 1)).map(({ title }) => title)).toEqual(['500']);
    expect(rig.service.output).not.toContain('very-secret-1');
  });

  it('changes them: versions, YAML, status, deletion; noted in the audit log', async () => {
    const yaml = 'id: big\nfrom: orders\nkey: card\npattern: [{begin: a, where: amount > 200}]\n';
    expect(await command({ command: 'put-rule', document: yaml })).toMatchObject({ status: 200, body: { version: 2, dropped: 0 } });
    expect(await command({ command: 'set-rule-status', name: 'big', status: 'paused' })).toMatchObject({
      status: 200,
      body: { status: 'paused' },
    });
    expect(await command({ command: 'delete-stream', name: 'orders' })).toMatchObject({ status: 409, body: { code: 'stream-in-use' } });
    expect(await command({ command: 'delete-rule', name: 'big' })).toMatchObject({ status: 204 });
    expect(await command({ command: 'delete-sink', name: 'hook' })).toMatchObject({ status: 204 });
    expect(await command({ command: 'delete-stream', name: 'orders' }, { id: 'last' })).toMatchObject({ status: 204 });
    const { items } = (await rig.ask<{ items: { action: string; author: object }[] }>('GET', '/v1/audit')).body;
    expect(items[0]).toMatchObject({ action: 'stream-deleted', author: { kind: 'command', name: TOPIC, id: 'last' } });
    expect(items).toHaveLength(8);
  });

  it('does what comes twice once, and answers the same', async () => {
    const put = (outOfOrderness: string) => ({ command: 'put-stream', document: { name: 'twice', outOfOrderness } });
    const first = await command(put('1s'), { id: 'twice-1' });
    await command(put('2s'), { id: 'twice-2' });
    const again = await command(put('1s'), { id: 'twice-1' });
    expect([again.body, again.replayed, first.replayed]).toEqual([first.body, true, false]);
    expect((await rig.ask('GET', '/v1/streams/twice')).body).toMatchObject({ version: 2, stream: { outOfOrderness: '2s' } });
    expect(await command(put('3s'), { id: 'twice-1' })).toMatchObject({ status: 422, body: { code: 'command-id-reused' } });
  });

  it.each([
    ['{', 400, 'invalid-json'],
    [null, 400, 'invalid-json'],
    ['[]', 400, 'body-not-object'],
    [{}, 422, 'invalid-request'],
    [{ command: 'put-rules' }, 422, 'invalid-request'],
    [{ command: 'toString' }, 422, 'invalid-request'],
    [{ command: 'put-rule' }, 422, 'invalid-request'],
    [{ command: 'put-rule', document: {} }, 422, 'invalid-request'],
    [{ command: 'put-rule', document: 'a: [' }, 400, 'invalid-yaml'],
    [{ command: 'put-rule', document: { id: 'x' } }, 422, 'invalid-rule'],
    [{ command: 'put-rule', document: { id: 'x' }, documents: 1 }, 422, 'invalid-request'],
    [{ command: 'delete-rule', name: 'none' }, 404, 'rule-not-found'],
    [{ command: 'delete-rule', name: 7 }, 422, 'invalid-request'],
    [{ command: 'set-rule-status', name: 'none', status: 'gone' }, 422, 'invalid-request'],
    [{ command: 'put-stream', document: { name: 'x'.repeat(300_000) } }, 413, 'document-too-large'],
  ])('%j is refused, and holds nothing up', async (value, status, code) => {
    expect(await command(value)).toMatchObject({ status, body: { code, status } });
  });

  it('is held up by no header', async () => {
    const wild = { kafka_replyTopic: 'somewhere-else', kafka_replyPartition: 'x' };
    expect(await command({ command: 'delete-rule', name: 'none' }, { headers: wild })).toMatchObject({ status: 404 });
    const before = replies.length;
    const far = { kafka_replyPartition: '99' };
    await send(
      { id: '{"a":1}', value: { command: 'delete-rule', name: 'none' } },
      { value: { command: 'delete-rule', name: 'none' } },
      { id: 'lost', value: { command: 'delete-rule', name: 'none' }, headers: far },
      { id: 'after', value: { command: 'delete-rule', name: 'none' } },
    );
    await until(
      async () => replies.at(-1)?.id,
      (id) => id === 'after',
    );
    const own = expect.stringMatching(new RegExp(`^${TOPIC}/0/\\d+@\\d+$`));
    expect(replies.slice(before).map(({ id }) => id)).toEqual([own, own, 'after']);
  });

  it('goes on where it stood after kill -9, and takes what came meanwhile', async () => {
    await rig.service.kill();
    await send({ id: 'meanwhile', value: { command: 'put-stream', document: { name: 'meanwhile' } } });
    await rig.service.start();
    const reply = await until(
      async () => replies.find(({ id }) => id === 'meanwhile'),
      (found) => found !== undefined,
      60_000,
    );
    expect(reply).toMatchObject({ status: 201, body: { name: 'meanwhile' } });
    expect(replies.filter(({ id, replayed }) => id === 'meanwhile' && !replayed)).toHaveLength(1);
  }, 90_000);
});
