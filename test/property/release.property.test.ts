import fc from 'fast-check';
import type { Output } from '../../src/runtime/ports/outputs.js';
import { type Record, TaskHarness } from '../support/task-harness.js';

const SEED = Number(process.env.TRIPLINE_TEST_SEED ?? Date.now() % 1_000_000);
const PARTITIONS = 2;
const STREAMS = [
  { name: 'a', id: 'id', source: { http: { partitions: PARTITIONS } }, outOfOrderness: '50ms', idleAfter: 'never', quietAfter: 'never' },
  { name: 'b', id: 'id', outOfOrderness: '50ms', idleAfter: 'never', quietAfter: 'never', dedupe: { for: '1s' } },
];
const RULES = [
  {
    id: 'sequence',
    from: 'a',
    key: 'k',
    pattern: [
      { begin: 'x', where: 'v > 4' },
      { followedByAny: 'y', where: 'v < x.v' },
    ],
    within: '100ms',
    timeouts: true,
  },
  {
    id: 'absence',
    from: ['b', 'a'],
    key: 'k',
    pattern: [
      { begin: 'x', where: 'v > 6' },
      { notFollowedBy: 'y', where: 'v < 2' },
    ],
    within: '40ms',
    suppress: { for: '60ms' },
  },
  {
    id: 'loop',
    from: ['a', 'b'],
    pattern: [
      { begin: 'x', where: 'v > 3', times: { min: 2 }, greedy: true },
      { followedBy: 'y', where: 'v == 0' },
    ],
    within: '80ms',
    skip: 'pastLast',
  },
];
/** One that asks a list, which changes now and then. */
const LISTING = {
  id: 'listed',
  from: 'a',
  key: 'k',
  pattern: [
    { begin: 'x', where: 'v in list("hot")' },
    { followedBy: 'y', where: '!(v in list("hot"))' },
  ],
  within: '100ms',
};

const decisions = new Set<string>();

interface Sent extends Record {
  readonly to: number;
}

/** Events of three partitions; per partition they arrive out of order, but within the bound. */
const history = fc
  .array(
    fc.record({
      to: fc.nat(PARTITIONS),
      jitter: fc.nat(45),
      gap: fc.integer({ min: 1, max: 20 }),
      k: fc.nat(2),
      v: fc.nat(9),
      repeat: fc.boolean(),
    }),
    { minLength: 5, maxLength: 60 },
  )
  .map((drawn) => {
    let clock = 1_000;
    const events = drawn.map(({ to, jitter, gap, k, v }, i): Sent & { arrival: number } => {
      clock += gap;
      return { to, time: clock, value: { id: `e${i}`, k, v }, arrival: clock + jitter };
    });
    return events.sort((one, other) => one.arrival - other.arrival);
  });

function send(harness: TaskHarness, events: readonly Sent[]): void {
  for (let at = 0; at < events.length; ) {
    const { to } = events[at];
    let end = at;
    while (end < events.length && events[end].to === to) end++;
    harness.send(to < PARTITIONS ? 'a' : 'b', to < PARTITIONS ? to : 0, events.slice(at, end));
    at = end;
  }
}

function outcome(harness: TaskHarness): object {
  harness.close();
  return { alerts: [...harness.alerts].sort(), deadLetters: [...harness.deadLetters].sort() };
}

function straight(events: readonly Sent[]): object {
  const harness = new TaskHarness(STREAMS, RULES);
  send(harness, events);
  return outcome(harness);
}

describe(`what comes out is decided by the logs and the journal (TRIPLINE_TEST_SEED=${SEED})`, () => {
  it('not by where batches end, by the arrival within the bound, or by how partitions interleave', () => {
    fc.assert(
      fc.property(history, fc.func(fc.nat(40)), (events, other) => {
        const reordered = [...events]
          .map((event) => ({ ...event, arrival: event.time + (other(event.time) % 45) }))
          .sort((a, b) => a.arrival - b.arrival);
        const harness = new TaskHarness(STREAMS, RULES);
        for (const event of reordered) send(harness, [event]);
        expect(outcome(harness)).toEqual(straight(events));
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  it('nor by checkpoints, crashes in between, and crashes while one is being written', () => {
    const act = fc.constantFrom('checkpoint', 'barrier', 'barrier', 'slice', 'slice', 'crash', 'none');
    fc.assert(
      fc.property(history, fc.array(act, { minLength: 60, maxLength: 60 }), fc.integer({ min: 1, max: 7 }), (events, acts, batch) => {
        const harness = new TaskHarness(STREAMS, RULES);
        events.forEach((event, i) => {
          send(harness, [event]);
          if (acts[i] === 'checkpoint') harness.checkpoint();
          if (acts[i] === 'barrier') harness.beginCheckpoint();
          if (acts[i] === 'slice') harness.continueCheckpoint(1);
          if (acts[i] === 'crash') harness.crash(batch);
        });
        harness.checkpoint();
        harness.crash(batch);
        expect(outcome(harness)).toEqual(straight(events));
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  it('with idle and stalled partitions and the quiet clock, the journal replayed gives the same again', () => {
    const continuing = RULES.map((rule) => ({ ...rule, id: `${rule.id}-continues`, onStall: 'continue' }));
    const lively = STREAMS.map((stream) => ({ ...stream, idleAfter: '1s', quietAfter: '2s' }));
    const silence = fc.option(fc.constantFrom(1_000, 2_000, 2_050), { freq: 3 });
    fc.assert(
      fc.property(
        history,
        fc.array(silence, { minLength: 60, maxLength: 60 }),
        fc.array(fc.subarray(['a/0', 'a/1', 'b/0'], { maxLength: 2 }), { minLength: 60, maxLength: 60 }),
        fc.nat(59),
        fc.integer({ min: 1, max: 7 }),
        (events, silences, stalled, checkpoint, batch) => {
          const harness = new TaskHarness(lively, [...RULES, ...continuing]);
          events.forEach((event, i) => {
            send(harness, [event]);
            const elapsed = silences[i];
            if (elapsed !== null) harness.quiet(elapsed, stalled[i]);
            if (i === checkpoint) harness.checkpoint();
          });
          harness.close();
          const first = {
            alerts: [...harness.alerts].sort(),
            deadLetters: [...harness.deadLetters].sort(),
            journal: harness.journal.length,
          };
          harness.crash(batch);
          expect({
            alerts: [...harness.alerts].sort(),
            deadLetters: [...harness.deadLetters].sort(),
            journal: harness.journal.length,
          }).toEqual(first);
          for (const { payload } of harness.journal) decisions.add(payload.kind);
        },
      ),
      { seed: SEED, numRuns: 150 },
    );
    for (const kind of ['partition-active', 'partition-stalled', 'partition-resumed', 'time-advanced']) expect(decisions).toContain(kind);
  });

  it('a list is in replay as it was at each event', () => {
    const changes = fc.array(fc.option(fc.subarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), { freq: 3 }), { minLength: 60, maxLength: 60 });
    let seen = 0;
    fc.assert(
      fc.property(history, changes, fc.nat(59), fc.integer({ min: 1, max: 7 }), (events, lists, checkpoint, batch) => {
        const harness = new TaskHarness(STREAMS, []);
        let covered = 0;
        harness.putList('hot', [1, 2, 3]);
        harness.activate(LISTING);
        events.forEach((event, i) => {
          send(harness, [event]);
          const keys = lists[i];
          if (keys !== null) harness.putList('hot', keys);
          if (i !== checkpoint) return;
          harness.checkpoint();
          covered = harness.outputs.length;
        });
        harness.close();
        const end = harness.outputs.length;
        harness.crash(batch);
        const ids = (outputs: readonly Output[]) => outputs.flatMap((output) => (output.type === 'alert' ? [output.alert.id] : [])).sort();
        const again = ids(harness.outputs.slice(end));
        expect(again).toEqual(ids(harness.outputs.slice(covered, end)));
        seen += again.length;
      }),
      { seed: SEED, numRuns: 150 },
    );
    expect(seen).toBeGreaterThan(20);
  });

  it('and the cases do give alerts of each rule', () => {
    const found = fc.sample(history, { seed: 7, numRuns: 50 }).map((events) => (straight(events) as { alerts: string[] }).alerts.length);
    expect(found.filter((count) => count > 3).length).toBeGreaterThan(10);
  });
});
