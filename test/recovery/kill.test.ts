import { setTimeout as delay } from 'node:timers/promises';
import { startTestPostgres } from '../support/postgres.js';
import { Service } from '../support/service.js';
import { randomScenario } from './random-scenario.js';
import { Client, knownScenario, type Outcome, play, type Scenario, seeded } from './scenario.js';

const KILLS = Number(process.env.TRIPLINE_TEST_KILLS ?? 3);
/** In the quick run one of each will do. */
const EACH = KILLS > 3 ? KILLS : 1;
const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? Date.now() % 1_000_000);
const REQUESTS = 25;
const FAILPOINTS = [
  'log-appended',
  'outbox-committed',
  'outbox-committed-before-publish',
  'checkpoint-transaction',
  'checkpoint-committed',
  'decision',
  'time-advanced',
  'migration',
];

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let expected: Outcome;
const scenario = knownScenario(seeded(SEED), REQUESTS);

beforeAll(async () => {
  postgres = await startTestPostgres();
  const service = await newService();
  await service.start();
  expected = await play(new Client(service, () => Promise.reject(new Error('nobody killed it'))), scenario);
  expect(await service.stop()).toBe(0);
}, 120_000);

afterAll(() => postgres.stop());

async function newService(): Promise<Service> {
  return Service.create({ DATABASE_URL: await postgres.createDatabase(), TRIPLINE_CHECKPOINT_INTERVAL: '100ms' });
}

describe(`kill -9 changes nothing in what comes out (TRIPLINE_TEST_SEED=${SEED})`, () => {
  it('gives alerts, dead letters and suppressed ones to compare with', () => {
    expect(expected.alerts.length).toBeGreaterThan(50);
    expect(expected.deadLetters.some((letter) => letter.startsWith('late'))).toBe(true);
    expect(expected.suppressed).toBeGreaterThan(0);
  });

  for (const failpoint of FAILPOINTS) {
    for (let time = 1; time <= EACH; time++) {
      it(`at ${failpoint}, kill ${time} of ${EACH}`, async () => {
        const hit = ['migration', 'decision', 'time-advanced'].includes(failpoint) ? 1 : 1 + ((SEED + time * 7) % 9);
        const service = await newService();
        await service.start({ TRIPLINE_FAILPOINT: `${failpoint}:${hit}` });
        let deaths = 0;
        const client = new Client(service, async () => {
          deaths++;
          await service.start();
        });
        let seen = 0;
        const found = await play(client, scenario, async () => {
          // A fast run would be over before the checkpoint that is to fail.
          if (failpoint.startsWith('checkpoint') && deaths === 0) seen = await nextCheckpoint(service, seen);
        });
        await service.kill();
        expect(deaths).toBeGreaterThan(0);
        expect(found).toEqual({ ...expected, ghostAlerts: 0 });
      }, 120_000);
    }
  }

  for (let time = 1; time <= KILLS; time++) {
    it(`at random moments, run ${time} of ${KILLS}`, async () => {
      expect(await playKilled(scenario, seeded(SEED + time))).toEqual({ ...expected, ghostAlerts: 0 });
    }, 180_000);
  }

  for (let time = 1; time <= EACH; time++) {
    it(`with random patterns over random streams, ${time} of ${EACH}`, async () => {
      const random = seeded(SEED + 1_000 + time);
      const drawn = randomScenario(random, REQUESTS);
      const service = await newService();
      await service.start();
      const uninterrupted = await play(new Client(service, () => Promise.reject(new Error('nobody killed it'))), drawn);
      await service.kill();
      expect({ rules: drawn.rules, ...(await playKilled(drawn, random)) }).toEqual({
        rules: drawn.rules,
        ...uninterrupted,
        ghostAlerts: 0,
      });
    }, 180_000);
  }
});

/** Plays with kills at random moments. */
async function playKilled(what: Scenario, random: () => number): Promise<Outcome> {
  const service = await newService();
  await service.start();
  const client = new Client(service, () => service.start());
  const found = await play(client, what, async () => {
    if (random() > 0.15) return;
    await delay(random() * 150);
    await service.kill();
  });
  await service.kill();
  return found;
}

/** Waits until there are more completed checkpoints than `seen`, or the service is gone. */
async function nextCheckpoint(service: Service, seen: number): Promise<number> {
  const limit = Date.now() + 20_000;
  while (service.running) {
    const metrics = await fetch(service.url('/metrics'))
      .then((response) => response.text())
      .catch(() => '');
    const completed = Number(/^tripline_checkpoints_total (\d+)/m.exec(metrics)?.[1] ?? seen);
    if (completed > seen) return completed;
    if (Date.now() > limit) throw new Error('no checkpoint was made in time');
    await delay(20);
  }
  return seen;
}
