import { describeWithKafka, startTestKafka, type TestKafka } from '../support/kafka.js';
describeWithKafka('broker', () => {
  let kafka: TestKafka;
  beforeAll(async () => { kafka = await startTestKafka(); }, 90_000);
  afterAll(() => kafka.stop());
  it('works', async () => {
    await kafka.createTopic('t', 4);
    const p = kafka.client.producer(); await p.connect();
    await p.send({ topic: 't', messages: [{ value: 'x' }] });
    await p.disconnect();
    await kafka.kill?.(); await kafka.start?.();
  }, 60_000);
});
