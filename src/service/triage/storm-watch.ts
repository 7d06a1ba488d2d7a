/** How far back alerts are counted, ms. */
const WINDOW_MS = 60_000;

interface Sample {
  readonly at: number;
  readonly alerts: number;
}

/** Finds rules that give more alerts in a minute than anybody can look at. */
export class StormWatch {
  readonly #samples = new Map<string, Sample[]>();
  #first = true;

  constructor(
    /** Alerts of a rule within a minute. */
    readonly limit: number,
  ) {}

  /** Rules whose alerts of the last minute are beyond the limit; `alerts` counts from the rule's beginning. `now` in ms. */
  look(rules: readonly { readonly rule: string; readonly alerts: number }[], now: number): string[] {
    const known = new Set(rules.map(({ rule }) => rule));
    for (const rule of this.#samples.keys()) if (!known.has(rule)) this.#samples.delete(rule);
    const storming = rules.flatMap(({ rule, alerts }) => (this.#recent(rule, alerts, now) > this.limit ? [rule] : []));
    this.#first = false;
    return storming;
  }

  #recent(rule: string, alerts: number, now: number): number {
    // A rule that is there at the first look may be old; one that comes later begins with no alerts.
    const known = this.#samples.get(rule) ?? (this.#first ? [] : [{ at: now, alerts: 0 }]);
    // A count that went back is one of before a restart.
    const before = known.filter((sample) => sample.alerts <= alerts);
    // The last one that is older than the window is where it begins.
    const begin = Math.max(
      0,
      before.findLastIndex(({ at }) => at <= now - WINDOW_MS),
    );
    const kept = [...before.slice(begin), { at: now, alerts }];
    this.#samples.set(rule, kept);
    return alerts - kept[0].alerts;
  }
}
