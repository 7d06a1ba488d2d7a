import fc from 'fast-check';
import { event, ruleBody } from '../support/random-rules.js';
import { TaskHarness } from '../support/task-harness.js';

const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? Date.now() % 1_000_000);
const STREAMS = ['s', 't'].map((name) => ({
  name,
  time: { field: 'ts', format: 'epochMillis' },
  idleAfter: 'never',
  quietAfter: 'never',
}));
/** Hold the buffers all the time, so that those of a rule alone begin when they do among others. */
const ANCHORS = ['s', ['s', 't']].map((from, i) => ({ id: `anchor-${i}`, from, key: 'nothing', pattern: [{ begin: 'a' }] }));
const RULES = ['r0', 'r1', 'r2', 'r3'];

type Step =
  | { readonly do: 'send'; readonly events: readonly { to: string; gap: number; value: object }[] }
  | { readonly do: 'activate'; readonly rule: string; readonly document: object }
  | { readonly do: 'pause' | 'resume' | 'retire'; readonly rule: string }
  | { readonly do: 'advance'; readonly by: number }
  | { readonly do: 'checkpoint' | 'barrier' | 'slice' | 'crash'; readonly size: number };

const rule = fc.constantFrom(...RULES);
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.record({ do: fc.constant('send' as const), events: fc.array(event, { minLength: 1, maxLength: 8 }) }), weight: 8 },
  { arbitrary: fc.record({ do: fc.constant('activate' as const), rule, document: ruleBody }), weight: 3 },
  { arbitrary: fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const, 'retire' as const), rule }), weight: 2 },
  { arbitrary: fc.record({ do: fc.constant('advance' as const), by: fc.constantFrom(1, 5, 20) }), weight: 1 },
  {
    arbitrary: fc.record({
      do: fc.constantFrom('checkpoint' as const, 'barrier' as const, 'slice' as const, 'crash' as const),
      size: fc.integer({ min: 1, max: 5 }),
    }),
    weight: 3,
  },
);

/** Plays the steps for some of the rules; what concerns others is left out. */
class Play {
  readonly at = new TaskHarness(STREAMS, ANCHORS);
  readonly changes: unknown[] = [];
  #time = 1_000;

  constructor(
    readonly rules: readonly string[],
    readonly restarts: boolean,
  ) {}

  run(steps: readonly Step[]): this {
    for (const each of steps) this.#do(each);
    this.#advance(1_000);
    return this;
  }

  #do(each: Step): void {
    switch (each.do) {
      case 'send':
        return this.#send(each.events);
      case 'activate':
        if (this.rules.includes(each.rule)) this.#changed(each.rule, this.at.activate({ id: each.rule, ...each.document }));
        return;
      case 'pause':
      case 'resume':
      case 'retire':
        if (this.rules.includes(each.rule)) this.#change(each.do, each.rule);
        return;
      case 'advance':
        return this.#advance(each.by);
      default:
        if (this.restarts) this.#restart(each.do, each.size);
    }
  }

  #send(events: readonly { to: string; gap: number; value: object }[]): void {
    for (const { to, gap, value } of events) {
      this.#time += gap;
      this.at.send(to, 0, [{ time: this.#time, value: { ...value, ts: this.#time } }]);
    }
  }

  #change(change: 'pause' | 'resume' | 'retire', name: string): void {
    const running = this.at.task.rules.rules.get(name);
    if (running === undefined) return;
    const { version } = running.compiled;
    if (change === 'pause') this.#changed(name, this.at.task.decide({ kind: 'rule-paused', rule: name, reason: 'user' }));
    if (change === 'retire') this.#changed(name, this.at.task.decide({ kind: 'rule-retired', rule: name }));
    if (change === 'resume' && running.status === 'paused')
      this.#changed(name, this.at.task.decide({ kind: 'rule-activated', rule: name, version, status: 'active' }));
  }

  #changed(name: string, result: unknown): void {
    this.changes.push([name, result]);
  }

  #advance(by: number): void {
    this.#time += by;
    for (const { name } of STREAMS) this.at.task.assertWatermark(name, this.#time - 1);
  }

  #restart(what: 'checkpoint' | 'barrier' | 'slice' | 'crash', size: number): void {
    if (what === 'checkpoint') this.at.checkpoint();
    if (what === 'barrier') this.at.beginCheckpoint();
    if (what === 'slice') this.at.continueCheckpoint(size);
    if (what === 'crash') this.at.crash(size);
  }

  /** All that can be seen of a rule; alerts in order, without those that came again after a crash. */
  seen(name: string) {
    const alerts = new Map<string, string>();
    for (const output of this.at.outputs) {
      if (output.type !== 'alert' || output.alert.rule !== name || alerts.has(output.alert.id)) continue;
      alerts.set(output.alert.id, Buffer.from(output.alert.body).toString());
    }
    const running = this.at.task.rules.rules.get(name);
    const open = ['sx', 'sy', 'n7', ''].map((key) => (running === undefined ? [] : this.at.openMatches(name, key)));
    return {
      alerts: [...alerts],
      changes: this.changes.filter((change) => (change as [string])[0] === name),
      status: running?.status,
      counters: running?.hosted.counters,
      // Cool-downs of a rule that is paused end when the time of others moves on.
      keys: running?.status === 'paused' ? 0 : running?.hosted.keys,
      open: open.map((matches) =>
        matches.map(({ waitingFor, deadline, path }) => [
          waitingFor,
          deadline,
          path.map(({ step: taken, event: { id } }) => `${taken} ${id}`),
        ]),
      ),
    };
  }
}

let alerting = 0;

it(`many rules together give what each gives alone, through changes, checkpoints and crashes (seed ${SEED})`, () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(rule, ruleBody), { minLength: 1, maxLength: 4 }),
      fc.array(step, { minLength: 4, maxLength: 30 }),
      (first, more) => {
        const steps: Step[] = [...first.map(([name, doc]): Step => ({ do: 'activate', rule: name, document: doc })), ...more];
        const together = new Play(RULES, true).run(steps);
        for (const name of RULES) {
          const alone = new Play([name], false).run(steps).seen(name);
          expect(together.seen(name)).toEqual(alone);
          if (alone.alerts.length > 0) alerting++;
        }
      },
    ),
    { seed: SEED, numRuns: 60 },
  );
  expect(alerting).toBeGreaterThan(30);
});
