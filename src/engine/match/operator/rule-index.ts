import type { Event } from '../../event/event.js';
import { PredicateIndex } from '../index/predicate-index.js';
import type { RuleTriggers } from '../index/triggers.js';
import type { HostedRule } from './hosted-rule.js';

/** A rule behind one of its triggers. */
interface Concern {
  readonly rule: HostedRule;
  /** The event may begin something; else it may only change what is open. */
  readonly begins: boolean;
}

const ANY_EVENT: RuleTriggers = { begin: [{}] };

/** Tells which of an operator's rules an event concerns. Made anew when rules come or go. */
export class RuleIndex {
  /** Of the last event, in the order of their numbers. Reused. */
  readonly concerned: HostedRule[] = [];
  /** Some rules see every event of a key where something of them is open. */
  readonly hasEager: boolean;
  readonly #triggers: PredicateIndex<Concern>;
  #round = 0;

  constructor(rules: readonly HostedRule[]) {
    this.hasEager = rules.some(isEager);
    const concerns = rules.flatMap((rule) => {
      const { begin, open = [] } = rule.rule.triggers ?? ANY_EVENT;
      return [
        ...begin.map((trigger) => ({ trigger, item: { rule, begins: true } })),
        ...open.map((trigger) => ({ trigger, item: { rule, begins: false } })),
      ];
    });
    this.#triggers = new PredicateIndex(concerns, rules[0].rule.layout);
    for (const rule of rules) rule.round = 0;
  }

  /** Looks up whom the event concerns, wherever something may be open. */
  lookUp(event: Event): void {
    this.concerned.length = 0;
    this.#round++;
    const found = this.#triggers.find(event);
    for (let i = 0; i < found.length; i++) this.#add(found[i].rule, found[i].begins);
  }

  /** Adds the rules that see every event of a key where they have something open. */
  addEager(states: readonly { readonly of: HostedRule }[]): void {
    for (let i = 0; i < states.length; i++) if (isEager(states[i].of)) this.#add(states[i].of, false);
  }

  #add(rule: HostedRule, begins: boolean): void {
    if (rule.round === this.#round) {
      rule.mayBegin ||= begins;
      return;
    }
    rule.round = this.#round;
    rule.mayBegin = begins;
    const { concerned } = this;
    let at = concerned.length++;
    for (; at > 0 && concerned[at - 1].number > rule.number; at--) concerned[at] = concerned[at - 1];
    concerned[at] = rule;
  }
}

function isEager({ rule }: HostedRule): boolean {
  return rule.triggers !== undefined && rule.triggers.open === undefined;
}
