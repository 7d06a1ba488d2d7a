import type { RuleStats, StreamStatus } from '../../src/runtime/ports/job-control.js';
import type { SinkStatus } from '../../src/runtime/sinks/sink-pump.js';
import { MetaWatch, type Seen } from '../../src/service/meta/meta-watch.js';

interface Look {
  readonly at?: number;
  /** Sink to the reason why it fails. */
  readonly failing?: Readonly<Record<string, string>>;
  /** Stream to its events. */
  readonly events?: Readonly<Record<string, number>>;
  /** Stream to the rules that wait for its partition 0. */
  readonly stalled?: Readonly<Record<string, readonly string[]>>;
  /** Rule to how often it reached a limit. */
  readonly limits?: Readonly<Record<string, number>>;
  readonly storms?: readonly string[];
  readonly restarts?: number;
  readonly failed?: number;
}

function seen({ failing = {}, events = {}, stalled = {}, limits = {}, storms = [], restarts = 0, failed = 0 }: Look): Seen {
  const stalls = Object.entries(stalled).map(([stream, waiting]) => ({ stream, partition: 0, since: 0, waiting, continuing: [] }));
  return {
    job: { stalls, restarts },
    metrics: {
      rules: Object.entries(limits).map(([rule, limitReached]) => ({ rule, limitReached }) as RuleStats),
      // Two partitions each.
      streams: Object.entries(events).flatMap(([stream, count]) => [
        { stream, events: count - 1 } as StreamStatus,
        { stream, events: 1 } as StreamStatus,
      ]),
      checkpoints: { completed: 0, failed, lastId: 0, lastBytes: 0, lastPauseMs: 0, lastDurationMs: 0, lastAt: null },
    },
    storms: storms.map((rule) => ({ rule, note: 'many' })),
    sinks: Object.entries({ well: null, ...failing }).map(
      ([sink, reason]) => ({ sink, state: reason === null ? 'delivering' : 'failing', reason }) as SinkStatus,
    ),
  };
}

it.each<[string, Look[], string[]]>([
  ['nothing happens', [{}, {}], []],
  [
    'a sink fails, goes on failing for another reason, and delivers again',
    [{}, { failing: { a: 'x' } }, { failing: { a: 'y' } }, {}],
    ['sink-failing a begun: x', 'sink-failing a ended: y'],
  ],
  ['what lasts at the first look has begun', [{ failing: { a: 'x' } }], ['sink-failing a begun: x']],
  [
    'a stream falls silent, and speaks',
    [
      { at: 0, events: { s: 5 } },
      { at: 99, events: { s: 5 } },
      { at: 100, events: { s: 5 } },
      { at: 300, events: { s: 5 } },
      { at: 301, events: { s: 6 } },
      { at: 400, events: { s: 6 } },
    ],
    ['stream-silent s begun: null', 'stream-silent s ended: null'],
  ],
  [
    'a stream that is deleted is silent no more, and its own stream never is',
    [
      { at: 0, events: { s: 5, own: 1 } },
      { at: 100, events: { s: 5, own: 1 } },
      { at: 200, events: { own: 1 } },
    ],
    ['stream-silent s begun: null', 'stream-silent s ended: null'],
  ],
  [
    'a partition stalls, and rules wait',
    [{}, { stalled: { s: ['r', 'q'] } }, {}],
    [
      'stream-stalled s begun: partition 0',
      'rule-stalled r begun: it waits for stream s',
      'rule-stalled q begun: it waits for stream s',
      'stream-stalled s ended: partition 0',
      'rule-stalled r ended: it waits for stream s',
      'rule-stalled q ended: it waits for stream s',
    ],
  ],
  ['a rule storms', [{}, { storms: ['r'] }, {}], ['alert-storm r begun: many', 'alert-storm r ended: many']],
  [
    'limits are counted from the first look on, those of a new rule from nothing',
    [{ limits: { r: 7 } }, { limits: { r: 7 } }, { limits: { r: 9, n: 1 } }],
    ['limit-reached r happened: 2 times', 'limit-reached n happened: 1 times'],
  ],
  [
    'counts that begin anew are no news',
    [{ limits: { r: 7 } }, { limits: { r: 0 } }, { limits: { r: 1 } }],
    ['limit-reached r happened: 1 times'],
  ],
  [
    'the engine restarts, a checkpoint fails',
    [
      { restarts: 1, failed: 3 },
      { restarts: 2, failed: 4 },
    ],
    ['engine-restarted engine happened: 1 times', 'checkpoint-failed engine happened: 1 times'],
  ],
])('%s', (_, looks, expected) => {
  const watch = new MetaWatch(100, 'own');
  const found = looks.flatMap((look, index) => watch.look(seen(look), look.at ?? index));
  expect(found.map(({ kind, subject, state, reason }) => `${kind} ${subject} ${state}: ${reason}`)).toEqual(expected);
});
