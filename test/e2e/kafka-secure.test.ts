import { Partitioners } from 'kafkajs';
import { describeWithSecureKafka, KAFKA_USER, type SecureKafka, startSecureKafka } from '../support/kafka.js';
import { type Problem, Rig } from './support.js';

describeWithSecureKafka('Kafka that asks who is there', () => {
  let kafka: SecureKafka;

  beforeAll(async () => {
    kafka = await startSecureKafka();
    await kafka.createTopic('orders', 1);
    const producer = kafka.client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({ topic: 'orders', messages: [{ value: '{"amount": 500}' }] });
    await producer.disconnect();
  }, 120_000);
  afterAll(() => kafka?.stop());

  type Way = 'saslPlaintext' | 'saslSsl';
  const settings = (way: Way, mechanism: string, password: string = KAFKA_USER.password) => ({
    KAFKA_BROKERS: kafka[way],
    KAFKA_TLS: way === 'saslSsl' ? 'on' : 'off',
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: KAFKA_USER.name,
    KAFKA_SASL_PASSWORD: password,
  });

  it.each([
    ['saslPlaintext', 'plain'],
    ['saslSsl', 'scram-sha-512'],
  ] as const)('is read by %s, %s', async (way, mechanism) => {
    const rig = await Rig.start({ ...settings(way, mechanism), NODE_EXTRA_CA_CERTS: kafka.certificate });
    try {
      await rig.put('/v1/streams/orders', { source: { kafka: { topic: 'orders' } }, idleAfter: '100ms' });
      await rig.put('/v1/rules/all', { from: 'orders', pattern: [{ begin: 'a', where: 'amount > 600' }], alert: { title: '${a.amount}' } });
      // It may see the first record or not, as reading goes; the second comes after it.
      const producer = kafka.client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
      await producer.connect();
      await producer.send({ topic: 'orders', messages: [{ value: '{"amount": 700}' }] });
      await producer.disconnect();
      expect((await rig.alertsOf('all', 1)).at(-1)?.title).toBe('700');
      expect(rig.service.output).not.toContain(KAFKA_USER.password);
    } finally {
      await rig.stop();
    }
  });

  it.each([
    ['a wrong password', 'saslPlaintext', 'scram-sha-256', 'another-password', true],
    ['a certificate that nobody vouches for', 'saslSsl', 'plain', KAFKA_USER.password, false],
  ] as const)('%s is told, and the service stays up', async (_, way, mechanism, password, trusted) => {
    const rig = await Rig.start({ ...settings(way, mechanism, password), ...(trusted ? { NODE_EXTRA_CA_CERTS: kafka.certificate } : {}) });
    try {
      const refused = await rig.json<Problem & { detail: string }>('PUT', '/v1/streams/orders', { source: { kafka: { topic: 'orders' } } });
      expect([refused.status, refused.body.code]).toEqual([503, 'kafka-unreachable']);
      expect(refused.body.detail).toMatch(trusted ? /authentication/i : /certificate/i);
      for (const text of [refused.text, rig.service.output]) expect(text).not.toContain(password);
    } finally {
      await rig.stop();
    }
  });
});
