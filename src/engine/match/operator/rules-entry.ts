import type { BinaryReader } from '../../state/binary.js';
import { KeyEntry } from '../../state/keyed-state.js';
import type { HostedRule } from './hosted-rule.js';

/** What a key holds for one rule. */
export class RuleState {
  /** Alerts before this event time are suppressed. */
  suppressedUntil = -Infinity;
  /** Events held by its open matches when it was last looked at. */
  kept = 0;

  constructor(
    readonly of: HostedRule,
    /** The matcher's. */
    public state: unknown,
  ) {}
}

/**
 * What an operator holds for one key: a state for each rule that has something open there, or a cool-down. With many
 * rules a key may have dozens; numbers and deadlines stand beside them, so that looking for one touches no other.
 */
export class RulesEntry extends KeyEntry {
  /** In the order of the rules' numbers. Empty as long as `encoded` holds them. */
  readonly states: RuleState[] = [];
  /** When each rule is to look at the key next, epoch ms: its earliest deadline, or the end of its cool-down. */
  readonly deadlines: number[] = [];
  readonly #numbers: number[] = [];
  /** Until the states are needed: the bytes that the key rested as. */
  encoded: BinaryReader | undefined = undefined;

  /** The place of the rule's state; -1 without one. */
  find({ number }: HostedRule): number {
    return this.#numbers.indexOf(number);
  }

  /** Takes in a state of a rule that has none. */
  put(state: RuleState, deadline: number): void {
    const { number } = state.of;
    let at = this.#numbers.length;
    while (at > 0 && this.#numbers[at - 1] > number) at--;
    insert(this.#numbers, at, number);
    insert(this.deadlines, at, deadline);
    insert(this.states, at, state);
  }

  remove(at: number): void {
    this.#numbers.splice(at, 1);
    this.deadlines.splice(at, 1);
    this.states.splice(at, 1);
  }

  /** The earliest deadline of any rule, Infinity without one. */
  get earliest(): number {
    let earliest = Infinity;
    const { deadlines } = this;
    for (let i = 0; i < deadlines.length; i++) if (deadlines[i] < earliest) earliest = deadlines[i];
    return earliest;
  }
}

function insert<T>(list: T[], at: number, item: T): void {
  if (at === list.length) list.push(item);
  else list.splice(at, 0, item);
}
