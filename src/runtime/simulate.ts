import { Event } from '../engine/event/event.js';
import { FieldLayout } from '../engine/event/field-layout.js';
import type { Match, WindowResult } from '../engine/match/matcher.js';
import { KeyedRulesOperator } from '../engine/match/operator/keyed-rules-operator.js';
import type { MatchRule, MatchSink } from '../engine/match/operator/match-rule.js';
import { compileRule, type CompiledRule } from '../engine/rule/compile.js';
import type { RuleDefinition } from '../engine/rule/definition.js';
import type { Key } from '../engine/state/key.js';
import { type ListStore, type ListUpdate, MemoryListStore, toJsonText } from '../engine/expr/index.js';
import { renderAlert } from './alerts/render-alert.js';
import {
  type ExplainedMatch,
  type ExplainedWindow,
  explainMatch,
  explainNearMiss,
  explainNearWindow,
  explainWindow,
  type Explanation,
  MAX_NEAR_MISSES,
} from './explanation.js';

/** An event to simulate with, its time already known. */
export interface SimulatedEvent {
  readonly stream: string;
  /** Epoch ms. */
  readonly time: number;
  readonly raw: Uint8Array;
}

/** Where a result came out: while event `at` was processed, or when time advanced just `before` an event. */
interface EmissionPoint {
  readonly at?: number;
  readonly before?: number;
}

export interface SimulatedMatch extends EmissionPoint {
  /** Step to the indexes of its events, as given. */
  readonly steps: Readonly<Record<string, readonly number[]>>;
}

export interface SimulatedTimeout extends SimulatedMatch {
  /** Epoch ms at which the partial match ran out of time. */
  readonly time: number;
}

/** A window's result for which `having` holds, whether or not a cool-down suppresses its alert. */
export interface SimulatedWindow extends EmissionPoint {
  /** JSON text. */
  readonly key: string;
  /** Epoch ms; absent for windows of a number of events. */
  readonly start?: number;
  readonly end?: number;
  readonly values: WindowResult['values'];
}

export interface Simulation {
  readonly matches: readonly SimulatedMatch[];
  readonly timeouts: readonly SimulatedTimeout[];
  /** Of a window rule; those for which `having` holds. */
  readonly windows: readonly SimulatedWindow[];
  /** Alert bodies as JSON texts, events byte for byte, after suppression. */
  readonly alerts: readonly string[];
  /** An Explanation as JSON text, when asked for: values in it may be integers that a double cannot hold. */
  readonly explanation?: string;
}

export interface SimulationOptions {
  /** Time goes there at the end, epoch ms; default the last event's time. */
  readonly watermark?: number;
  /** Say why each match came, and for keys without one what was missing. */
  readonly explain?: boolean;
  /** Only events of this key, as JSON text. */
  readonly key?: string;
  /** The content of the reference lists that the rule asks. */
  readonly lists?: readonly ListUpdate[];
  /** Called now and then with the number of events worked off. */
  readonly onProgress?: (done: number) => void;
}

const PROGRESS_EVERY = 10_000;

/**
 * Runs one rule over given events as the service would, nothing stored: events are sorted stably by
 * time, a key's time moves exactly. Throws JsonError when an event cannot be read.
 */
export function simulate(definition: RuleDefinition, events: readonly SimulatedEvent[], options: SimulationOptions = {}): Simulation {
  const lists = new MemoryListStore();
  for (const list of options.lists ?? []) lists.apply(list);
  const rule = compileRule(definition, 1, new FieldLayout(), { lists });
  const results = new Results(rule, lists);
  // What ran out of time is part of an explanation, also where the rule gives no alerts of it.
  const explained =
    options.explain === true && definition.kind === 'pattern'
      ? compileRule({ ...definition, timeouts: true }, 1, rule.layout, { lists })
      : rule;
  const raw = operatorOf({ ...explained, suppressFor: undefined }, results.matchSink());
  const alerting = operatorOf(rule, results.alertSink());
  const order = events.map((_, index) => index).sort((a, b) => events[a].time - events[b].time || a - b);
  order.forEach((index, done) => {
    const event = toEvent(rule, events[index], index);
    const key = rule.keyOf(event);
    if (options.key !== undefined && key?.json !== options.key) return;
    if (options.explain === true && key !== undefined) results.seen(key, event);
    for (const operator of [raw, alerting]) {
      results.point = { before: index };
      operator.advanceTime(event.time);
      results.point = { at: index };
      operator.processElement(event);
    }
    if (done % PROGRESS_EVERY === 0) options.onProgress?.(done);
  });
  results.point = { before: events.length };
  const last = order.length === 0 ? -Infinity : events[order[order.length - 1]].time;
  const watermark = Math.max(options.watermark ?? last, last);
  // A window's last moment is before its end: a watermark there says that all its events have come.
  const until = watermark + (definition.kind === 'window' ? 1 : 0);
  for (const operator of [raw, alerting]) operator.advanceTime(until);
  const { matches, timeouts, windows, alerts } = results;
  const simulation = { matches, timeouts, windows, alerts };
  return options.explain === true ? { ...simulation, explanation: toJsonText(results.explanation(until)) } : simulation;
}

function operatorOf(rule: MatchRule, sink: MatchSink): KeyedRulesOperator {
  const operator = new KeyedRulesOperator('simulation', sink);
  operator.add(rule);
  return operator;
}

function toEvent(rule: CompiledRule, { stream, time, raw }: SimulatedEvent, index: number): Event {
  return new Event(rule.layout, stream, 0, index, time, raw, rule.layout.decode(raw));
}

interface KeyEvents {
  readonly key: Key;
  readonly events: Event[];
  matched: boolean;
}

class Results {
  readonly matches: SimulatedMatch[] = [];
  readonly timeouts: SimulatedTimeout[] = [];
  readonly windows: SimulatedWindow[] = [];
  readonly alerts: string[] = [];
  readonly #explained: { matches: ExplainedMatch[]; timeouts: ExplainedMatch[]; windows: ExplainedWindow[] } = {
    matches: [],
    timeouts: [],
    windows: [],
  };
  readonly #keys = new Map<string, KeyEvents>();
  point: EmissionPoint = {};

  constructor(
    readonly rule: CompiledRule,
    readonly lists: ListStore,
  ) {}

  matchSink(): MatchSink {
    return sink((_rule, key, match) => {
      if (match.kind === 'window') {
        this.windows.push({ ...this.point, key: key.json, ...match.window, values: match.values });
        this.#explainWindow(key, match);
        return;
      }
      const found = { ...this.point, steps: this.#steps(match) };
      this.#explain(key, match);
      if (match.kind === 'match') this.matches.push(found);
      else if (this.rule.timeouts) this.timeouts.push({ ...found, time: match.endTime });
    });
  }

  alertSink(): MatchSink {
    return sink((_rule, key, match) => {
      this.alerts.push(Buffer.from(renderAlert(this.rule, key, match, false).body).toString('utf8'));
    });
  }

  /** Remembers the events of each key: what a near miss is looked for in. */
  seen(key: Key, event: Event): void {
    const known = this.#keys.get(key.id);
    if (known === undefined) this.#keys.set(key.id, { key, events: [event], matched: false });
    else known.events.push(event);
  }

  /** `until`: where time has gone, epoch ms. */
  explanation(until: number): Explanation {
    const { matches, timeouts, windows } = this.#explained;
    const { definition, layout } = this.rule;
    const without = [...this.#keys.values()].filter(({ matched }) => !matched).slice(0, MAX_NEAR_MISSES);
    if (definition.kind === 'pattern')
      return {
        matches,
        timeouts,
        nearMisses: without.map(({ key, events }) => explainNearMiss(this.rule, key, events, until, this.lists)),
      };
    const near = without.map(({ key, events }) => explainNearWindow(definition, layout, key, events, until, this.lists));
    return { windows, nearMisses: near.filter((each) => each !== undefined) };
  }

  #explainWindow(key: Key, result: WindowResult): void {
    const known = this.#keys.get(key.id);
    const { definition } = this.rule;
    if (known === undefined || definition.kind !== 'window') return;
    this.#explained.windows.push(explainWindow(definition, key, result, known.events));
    known.matched = true;
  }

  #explain(key: Key, match: Match): void {
    const known = this.#keys.get(key.id);
    if (known === undefined) return;
    this.#explained[match.kind === 'match' ? 'matches' : 'timeouts'].push(explainMatch(this.rule, key, match));
    if (match.kind === 'match') known.matched = true;
  }

  #steps(match: Match): Record<string, number[]> {
    const steps: Record<string, number[]> = {};
    for (const { step, event } of match.path) (steps[this.rule.stepNames[step]] ??= []).push(event.offset);
    return steps;
  }
}

function sink(alert: MatchSink['alert']): MatchSink {
  return { alert, limitReached: () => true, admitEvent: () => true, admitDeadline: () => true, backAtDeadline: () => {} };
}
