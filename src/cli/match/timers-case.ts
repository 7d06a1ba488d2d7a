/** Cases of kind `timers`: what a keyed function registers and deletes, and what fires when. */
import type { JsonObject, JsonValue } from '../../engine/event/json-value.js';
import { isObject } from '../../engine/problem/fields.js';
import { pointerTo, shown } from '../../engine/problem/problem.js';
import { KeyedStateBackend } from '../../engine/state/keyed/keyed-state-backend.js';
import { type InternalTimer, InternalTimerService, type TimeDomain, VOID_NAMESPACE } from '../../engine/time/internal-timer-service.js';
import { ManualProcessingTimeService } from '../../engine/time/processing-time-service.js';
import { reject } from './case-error.js';
import { eventOf, inputOf, keyOfEvent, Rows, readCaseRule, shownTime, timeOf, unknownItem } from './case-input.js';

interface TimerRow {
  readonly key: unknown;
  readonly timer: number;
  readonly domain: TimeDomain;
  readonly watermark: number | 'min' | 'max';
  readonly time: number;
}

export interface TimersResult {
  readonly output: readonly ({ readonly after: number } & TimerRow)[];
}

const ACTIONS = ['register', 'delete', 'registerProcessing', 'deleteProcessing'] as const;

interface Action {
  readonly kind: (typeof ACTIONS)[number];
  readonly time: number;
}

/** What to do when a timer of a domain and time fires, by `domain time`. */
type Reactions = ReadonlyMap<string, readonly Action[]>;

/** @throws CaseRejected when the case or its rule is wrong */
export function runTimersCase(document: JsonObject): TimersResult {
  const reactions = readReactions(document.rule);
  const clock = new ManualProcessingTimeService();
  const keys = new KeyedStateBackend(() => clock.currentProcessingTime());
  const output = new Rows<TimerRow>();
  const fire = (domain: TimeDomain, { key, time }: InternalTimer): void => {
    const [watermark, now] = [shownTime(timers.currentWatermark), timers.currentProcessingTime()];
    output.add({ key, timer: time, domain, watermark, time: now });
    act(reactions.get(`${domain} ${time}`) ?? [], timers);
  };
  const timers = new InternalTimerService(keys, clock, {
    onEventTime: (timer) => fire('event', timer),
    onProcessingTime: (timer) => fire('processing', timer),
  });
  for (const [index, item] of inputOf(document).entries()) {
    output.after = index;
    if ('event' in item) {
      keys.setCurrentKey(keyOfEvent(eventOf(item.event, index).event, ['k']));
      act(
        readActions(item.do, (why) => reject('invalid-value', `item ${index}: ${why}`)),
        timers,
      );
    } else if ('watermark' in item) timers.advanceWatermark(timeOf(item.watermark, index, { unbounded: true }));
    else if ('time' in item) clock.advanceTo(timeOf(item.time, index));
    else unknownItem(item, index);
  }
  return { output: output.rows };
}

function act(actions: readonly Action[], timers: InternalTimerService): void {
  for (const { kind, time } of actions) {
    if (kind === 'register') timers.registerEventTimeTimer(VOID_NAMESPACE, time);
    else if (kind === 'delete') timers.deleteEventTimeTimer(VOID_NAMESPACE, time);
    else if (kind === 'registerProcessing') timers.registerProcessingTimeTimer(VOID_NAMESPACE, time);
    else timers.deleteProcessingTimeTimer(VOID_NAMESPACE, time);
  }
}

function readReactions(rule: unknown): Reactions {
  return readCaseRule(rule, ['onTimer'], (fields) => {
    const list = fields.get('onTimer') ?? [];
    if (!Array.isArray(list)) return fields.findings.wrongType(fields.at('onTimer'), list, 'a list');
    const reactions = new Map<string, Action[]>();
    for (const [index, entry] of (list as JsonValue[]).entries()) {
      const pointer = pointerTo(fields.at('onTimer'), index);
      const refuse = (why: string): never => reject('invalid-value', why, pointer);
      if (!isObject(entry) || !Number.isSafeInteger(entry.at)) return refuse('an entry of `onTimer` needs `at`, a time');
      const { domain = 'event' } = entry;
      if (domain !== 'event' && domain !== 'processing') return refuse('`domain` is event or processing');
      const id = `${domain} ${String(entry.at)}`;
      reactions.set(id, [...(reactions.get(id) ?? []), ...readActions(entry.do, refuse)]);
    }
    return reactions;
  });
}

function readActions(value: unknown, refuse: (why: string) => never): Action[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return refuse('`do` must be a list');
  return value.map((action: unknown) => {
    const kind = ACTIONS.find((one) => isObject(action) && Object.hasOwn(action, one));
    if (kind === undefined) return refuse(`${shown(action)} is none of ${ACTIONS.join(', ')}`);
    const time = (action as JsonObject)[kind];
    return Number.isSafeInteger(time) ? { kind, time: time as number } : refuse('a timer needs a time');
  });
}
