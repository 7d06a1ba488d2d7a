import type { BinaryReader } from '../../state/binary.js';
import { KeyEntry } from '../../state/keyed-state.js';
import type { HostedRule } from './hosted-rule.js';

/** What a key holds for one rule. */
export class RuleState {
  /** Alerts before this event time are suppressed. */
  suppressedUntil = -Infinity;
  /** When the rule is to look at the key next, epoch ms: its earliest deadline, or the end of its cool-down. */
  deadline = Infinity;
  /** Events held by its open matches when it was last looked at. */
  kept = 0;

  constructor(
    readonly of: HostedRule,
    /** The matcher's. */
    public state: unknown,
  ) {}
}

/** What an operator holds for one key: a state for each rule that has something open there, or a cool-down. */
export class RulesEntry extends KeyEntry {
  /** In the order of the rules' numbers. Empty as long as `encoded` holds them. */
  readonly states: RuleState[] = [];
  /** Until the states are needed: the bytes that the key rested as. */
  encoded: BinaryReader | undefined = undefined;

  find(rule: HostedRule): RuleState | undefined {
    for (let i = 0; i < this.states.length; i++) if (this.states[i].of === rule) return this.states[i];
    return undefined;
  }

  put(state: RuleState): void {
    let at = this.states.length;
    while (at > 0 && this.states[at - 1].of.number > state.of.number) at--;
    if (at === this.states.length) this.states.push(state);
    else this.states.splice(at, 0, state);
    state.of.count(1, 0);
  }

  remove(state: RuleState): void {
    this.states.splice(this.states.indexOf(state), 1);
    state.of.count(-1, -state.kept);
  }

  /** The earliest deadline of any rule, Infinity without one. */
  get earliest(): number {
    let earliest = Infinity;
    for (let i = 0; i < this.states.length; i++) if (this.states[i].deadline < earliest) earliest = this.states[i].deadline;
    return earliest;
  }
}
