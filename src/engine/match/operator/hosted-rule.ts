import type { Emission, MatchOutput } from '../matcher.js';
import type { MatchRule, MatchSink } from './match-rule.js';

/** Counters since the rule was first activated; not part of the output. */
export interface MatchCounters {
  /** Events with a usable key that came while it ran. */
  events: number;
  alerts: number;
  suppressed: number;
  timeouts: number;
  conditionErrors: number;
  conditionErrorSample: string | null;
  unusableKeys: number;
  unusableKeySample: string | null;
  /** Times any limit was reached, and what was given up by it. */
  limitReached: number;
  limitDropped: number;
  keptEventsReached: number;
  keptBytesReached: number;
  matchesPerEventReached: number;
}

/** What an operator counts once for all its rules. */
export interface KeyTally {
  events: number;
  unusableKeys: number;
}

/** A rule in an operator, with what is known of it across keys; takes what its matcher tells. */
export class HostedRule implements MatchOutput {
  /** False while it is paused: it sees nothing. */
  isRunning = true;
  /** It is gone; what keys still hold of it is dropped as they are come by. */
  isRetired = false;
  /** Keys with state, and the events their open matches hold. */
  keys = 0;
  keptEvents = 0;
  /** Of the operator's index: the last event that concerned the rule, and whether it may begin something. */
  round = 0;
  mayBegin = false;
  /** Matches of the emission point being worked off. */
  emitted: Emission[] = [];
  readonly #counters: MatchCounters = {
    events: 0,
    alerts: 0,
    suppressed: 0,
    timeouts: 0,
    conditionErrors: 0,
    conditionErrorSample: null,
    unusableKeys: 0,
    unusableKeySample: null,
    limitReached: 0,
    limitDropped: 0,
    keptEventsReached: 0,
    keptBytesReached: 0,
    matchesPerEventReached: 0,
  };
  /** What the operator had counted when the rule began to run, or went on. */
  #since: KeyTally;
  #isCounting = true;

  constructor(
    public rule: MatchRule,
    /** Never used twice for the rules of an operator's key: names the rule's part of a key in snapshots. */
    readonly number: number,
    readonly sink: MatchSink,
    readonly tally: Readonly<KeyTally>,
  ) {
    this.#since = { ...tally };
  }

  /** As of now; a copy. */
  get counters(): Readonly<MatchCounters> {
    this.#count();
    return { ...this.#counters };
  }

  /** Of the same rule before a restart. */
  restoreCounters(counters: Partial<MatchCounters>): void {
    Object.assign(this.#counters, counters);
  }

  sampleUnusableKey(event: string): void {
    this.#counters.unusableKeySample ??= event;
  }

  pause(): void {
    this.stopCounting();
    this.isRunning = false;
  }

  resume(): void {
    this.#count();
    this.#isCounting = true;
    this.isRunning = true;
  }

  /** It sees no more events, not even the last `unseen` ones counted; soon it is paused. */
  stopCounting(unseen = 0): void {
    if (!this.#isCounting) return;
    this.#count();
    this.#counters.events -= unseen;
    this.#isCounting = false;
  }

  /** Keys with state of it, and events they keep, come or go. */
  count(keys: number, keptEvents: number): void {
    this.keys += keys;
    this.keptEvents += keptEvents;
  }

  countAlert(suppressed: boolean): void {
    this.#counters[suppressed ? 'suppressed' : 'alerts']++;
  }

  // MatchOutput

  match(match: Emission): void {
    if (match.kind === 'timeout') this.#counters.timeouts++;
    if (match.kind !== 'timeout' || this.rule.timeouts) this.emitted.push(match);
  }

  conditionError(expression: number, error: unknown): void {
    this.#counters.conditionErrors++;
    this.#counters.conditionErrorSample ??= `${this.rule.expressionText(expression)}: ${String(error)}`;
  }

  limitReached(limit: 'keptEvents' | 'keptBytes' | 'matchesPerEvent', dropped: number): void {
    this.#counters.limitReached++;
    this.#counters.limitDropped += dropped;
    this.#counters[`${limit}Reached`]++;
    if (!this.sink.limitReached(this.rule, limit, dropped)) this.stopCounting();
  }

  /** Takes over what the operator has counted since the last time. */
  #count(): void {
    if (this.#isCounting) {
      this.#counters.events += this.tally.events - this.#since.events;
      this.#counters.unusableKeys += this.tally.unusableKeys - this.#since.unusableKeys;
    }
    this.#since = { ...this.tally };
  }
}
