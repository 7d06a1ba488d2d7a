import { type EntryFormat, type Footprint, KeyedState, type KeyedStateOptions, type Snapshotable } from '../../state/keyed-state.js';
import { EntryCodec } from './entry-codec.js';
import type { HostedRule } from './hosted-rule.js';
import type { RulesEntry, RuleState } from './rules-entry.js';

/** Keys looked at at a time while state of rules that are gone is dropped. */
const KEYS_PER_SWEEP = 8;

/**
 * The state of an operator's rules by key. A key stands in the queue of deadlines once, at the earliest of its
 * rules' or before: the queue then grows with the keys, not with keys times rules, and going through a key's few
 * states costs less than a heap of all.
 */
export class RulesState {
  /** By number, those that are gone as long as keys may hold state of them. */
  readonly #rules = new Map<number, HostedRule>();
  readonly #codec = new EntryCodec(this.#rules);
  readonly #keys: KeyedState<RulesEntry>;
  /** Keys still to be looked at for state of rules that are gone. */
  #sweep: Iterator<RulesEntry> | undefined;

  constructor(options?: KeyedStateOptions) {
    const format: EntryFormat<RulesEntry> = {
      write: (entry, out) => this.#codec.write(entry, out),
      read: (key, from) => this.#codec.read(key, from),
      deadlineOf: (entry) => this.#codec.earliestOf(entry),
      restored: (entry) => this.#codec.count(entry),
      removed: (entry) => this.#codec.uncount(entry),
    };
    this.#keys = new KeyedState(format, options);
  }

  get keys(): Snapshotable & { readonly footprint: Footprint } {
    return this.#keys;
  }

  /** All but those that are gone. */
  get rules(): readonly HostedRule[] {
    return [...this.#rules.values()].filter(({ isRetired }) => !isRetired).sort((a, b) => a.number - b.number);
  }

  add(rule: HostedRule): void {
    this.#rules.set(rule.number, rule);
  }

  /** Its state is dropped a few keys at a time: going through all at once would make the others wait. */
  retire(rule: HostedRule): void {
    rule.isRetired = true;
    this.#sweep = this.#keys.values();
  }

  /** The key with its states, if there is one. */
  get(id: string): RulesEntry | undefined {
    const entry = this.#keys.get(id);
    if (entry?.encoded !== undefined) this.#codec.decode(entry);
    return entry;
  }

  /** To be called before a key changes. */
  touch(entry: RulesEntry): void {
    this.#keys.touch(entry);
  }

  /** Takes in a state of a rule that has none of the key. */
  put(entry: RulesEntry, state: RuleState, deadline: number): void {
    entry.put(state, deadline);
    state.of.count(1, state.kept);
  }

  remove(entry: RulesEntry, at: number): void {
    const { of, kept } = entry.states[at];
    of.count(-1, -kept);
    entry.remove(at);
  }

  /** After a key's states changed: it is kept as long as there is one. `deadline`: the earliest of those that changed. */
  store(entry: RulesEntry, deadline: number): void {
    if (entry.states.length === 0) this.#keys.forget(entry);
    else this.#keys.schedule(entry, deadline);
  }

  /** Keeps a key that was not there. */
  addKey(entry: RulesEntry): void {
    this.#keys.add(entry);
    this.#keys.schedule(entry, entry.earliest);
  }

  /** Epoch ms before which no rule has a deadline; Infinity without one. */
  get earliest(): number {
    return this.#keys.earliest;
  }

  /** The key with the earliest deadline, if that is real: touched, and out of the queue until it is stored. There must be a deadline. */
  takeEarliest(): RulesEntry | undefined {
    const deadline = this.#keys.earliest;
    const entry = this.#keys.takeEarliest();
    const actual = this.#codec.earliestOf(entry);
    if (actual > deadline) {
      this.#keys.schedule(entry, actual);
      return undefined;
    }
    this.#keys.touch(entry);
    this.#codec.decode(entry);
    return entry;
  }

  /** A rule's states of all keys, which may rest again when the next is asked for. They are read by the version of the beginning. */
  *of(hosted: HostedRule): Generator<readonly [entry: RulesEntry, at: number]> {
    const { rule } = hosted;
    for (const entry of this.#keys.values()) {
      if (!this.#codec.holds(entry, hosted)) continue;
      hosted.rule = rule;
      this.#codec.decode(entry);
      yield [entry, entry.find(hosted)];
    }
  }

  /** Goes on dropping state of rules that are gone, if there is any. */
  sweep(): void {
    if (this.#sweep === undefined) return;
    const retired = [...this.#rules.values()].filter(({ isRetired }) => isRetired);
    for (let left = KEYS_PER_SWEEP; left > 0; left--) {
      const { done, value: entry } = this.#sweep.next();
      if (done !== true) {
        this.#dropRetired(entry, retired);
        continue;
      }
      this.#sweep = undefined;
      for (const { number } of retired) this.#rules.delete(number);
      return;
    }
  }

  #dropRetired(entry: RulesEntry, retired: readonly HostedRule[]): void {
    if (!retired.some((rule) => this.#codec.holds(entry, rule))) return;
    this.#keys.touch(entry);
    this.#codec.decode(entry);
    for (let at = entry.states.length - 1; at >= 0; at--) if (entry.states[at].of.isRetired) this.remove(entry, at);
    this.store(entry, entry.earliest);
  }
}
