import { Event } from '../../src/engine/event/event.js';
import { FieldLayout } from '../../src/engine/event/field-layout.js';
import { KeyedRulesOperator } from '../../src/engine/match/operator/keyed-rules-operator.js';
import type { MatchSink } from '../../src/engine/match/operator/match-rule.js';
import { compileRule } from '../../src/engine/rule/compile.js';
import { readRule } from '../../src/engine/rule/index.js';
import type { EventLines } from './input.js';

const STREAM = 'events';

/** Events by their place in the input. */
export interface Source {
  readonly count: number;
  event(index: number): Event;
}

/** All rules of a workload over one stream, as the service compiles and runs them. */
export class Engine {
  matches = 0;
  limitsReached = 0;
  readonly layout = new FieldLayout();
  readonly #operators = new Map<string, KeyedRulesOperator>();
  #time = -Infinity;

  constructor(rules: readonly { readonly name: string; readonly rule: object }[]) {
    const sink: MatchSink = {
      alert: (_rule, _key, match) => {
        if (match.kind === 'window' || match.path.length > 0) this.matches++;
      },
      limitReached: () => {
        this.limitsReached++;
        return true;
      },
      admitEvent: () => true,
      admitDeadline: () => true,
      backAtDeadline: () => {},
    };
    for (const { name, rule } of rules) {
      const { rule: definition, problems } = readRule({ id: name, from: STREAM, ...rule }, {});
      if (definition === undefined) throw new Error(`rule ${name}: ${JSON.stringify(problems)}`);
      this.#operatorOf(JSON.stringify(definition.key), sink).add(compileRule(definition, 1, this.layout));
    }
  }

  /** Keys with state. */
  get keys(): number {
    return [...this.#operators.values()].reduce((sum, { state }) => sum + state.size, 0);
  }

  process(event: Event): void {
    this.#time = event.time;
    for (const operator of this.#operators.values()) operator.processElement(event);
  }

  /** What is due at the last event's time comes out. */
  finish(): void {
    for (const operator of this.#operators.values()) operator.advanceTime(this.#time);
  }

  #operatorOf(key: string, sink: MatchSink): KeyedRulesOperator {
    const operator = this.#operators.get(key) ?? new KeyedRulesOperator(key, sink);
    this.#operators.set(key, operator);
    return operator;
  }

  /** The events of a file, decoded when they are asked for. */
  decoding(lines: EventLines): Source {
    const layout = this.layout;
    const time = layout.slot('ts');
    return {
      count: lines.count,
      event: (index) => {
        const [start, end] = [lines.start(index), lines.end(index)];
        const fields = layout.decode(lines.bytes, undefined, start, end);
        return new Event(layout, STREAM, 0, index, fields[time] as number, lines.bytes, fields, undefined, start, end);
      },
    };
  }
}
