import { FieldLayout } from '../../engine/event/field-layout.js';
import type { ListStore } from '../../engine/expr/index.js';
import type { HostedRule } from '../../engine/match/operator/hosted-rule.js';
import { KeyedRulesOperator } from '../../engine/match/operator/keyed-rules-operator.js';
import { mapStates, type StateMapping } from '../../engine/nfa/index.js';
import { compileRule, type CompiledRule } from '../../engine/rule/compile.js';
import type { RuleDefinition } from '../../engine/rule/definition.js';
import type { RuleChangeResult } from '../ports/job-control.js';
import type { TaskSink } from './task-sink.js';

/** A rule in the running job: the actual state, which the journal alone changes. */
export interface RunningRule {
  /** Shared by all rules of the same streams and key. */
  readonly operator: KeyedRulesOperator;
  /** The rule's place in it. */
  readonly hosted: HostedRule;
  compiled: CompiledRule;
  status: 'active' | 'shadow' | 'paused';
}

/** What a change means for the buffers. */
export interface Activation extends RuleChangeResult {
  readonly rule: RunningRule;
  /** The operator that ran the rule before: its key or its streams are others now. */
  readonly left: KeyedRulesOperator | undefined;
}

/** The rules of a task by id, and the operators that run them. */
export class RuleSet {
  readonly rules = new Map<string, RunningRule>();
  /** Those that have rules, paused ones included, by their id. */
  readonly operators = new Map<string, KeyedRulesOperator>();
  /** The number that the next rule gets in its operator; none is given twice, or state of a rule that is gone would be another's. */
  nextNumber = 1;

  constructor(
    readonly layout: FieldLayout,
    readonly lists: ListStore,
    readonly sink: TaskSink,
  ) {}

  /**
   * A new version with the same canonical pattern keeps its open matches; of another pattern with the same streams and
   * key those that have a place in it (mapStates). Cool-downs survive any version with the same key.
   */
  activate(definition: RuleDefinition, version: number, status: 'active' | 'shadow'): Activation {
    const known = this.rules.get(definition.id);
    const compiled = compileRule(definition, version, this.layout, { lists: this.lists });
    if (known === undefined || known.operator.id !== operatorId(definition)) {
      const dropped = known === undefined ? 0 : known.operator.openMatchCount(known.hosted);
      if (known !== undefined) this.#leave(known);
      return { carried: 0, dropped, rule: this.#add(compiled, status, this.nextNumber++), left: known?.operator };
    }
    const change = this.#replace(known, compiled);
    if (known.status === 'paused') known.operator.resume(known.hosted);
    known.compiled = compiled;
    known.status = status;
    return { ...change, rule: known, left: undefined };
  }

  /** Puts a rule where a checkpoint had it; its state follows. */
  restore(definition: RuleDefinition, version: number, status: RunningRule['status'], number: number): RunningRule {
    const rule = this.#add(compileRule(definition, version, this.layout, { lists: this.lists }), status, number);
    if (status === 'paused') rule.operator.pause(rule.hosted);
    return rule;
  }

  /** What activating `definition` would do to the open partial matches. */
  preview({ operator, hosted, compiled }: RunningRule, definition: RuleDefinition): RuleChangeResult {
    const known = compiled.definition;
    if (operator.id !== operatorId(definition)) return { carried: 0, dropped: operator.openMatchCount(hosted) };
    if (known.canonical === definition.canonical) return { carried: operator.openMatchCount(hosted), dropped: 0 };
    return operator.previewCarry(hosted, compileRule(definition, 0, new FieldLayout()), mappingOf(known, definition));
  }

  /** Open matches are dropped: a gap would falsify `next` and absence. */
  pause(id: string): RuleChangeResult {
    const rule = this.rules.get(id);
    if (rule === undefined || rule.status === 'paused') return { carried: 0, dropped: 0 };
    const dropped = rule.operator.openMatchCount(rule.hosted);
    rule.operator.pause(rule.hosted);
    rule.status = 'paused';
    return { carried: 0, dropped };
  }

  /** What it leaves open is not counted: that would go through all keys. Pausing it before counts. */
  retire(id: string): RunningRule | undefined {
    const retired = this.rules.get(id);
    if (retired !== undefined) this.#leave(retired);
    return retired;
  }

  #add(compiled: CompiledRule, status: RunningRule['status'], number: number): RunningRule {
    const id = operatorId(compiled.definition);
    const operator = this.operators.get(id) ?? new KeyedRulesOperator(id, this.sink);
    this.operators.set(id, operator);
    const rule = { operator, hosted: operator.add(compiled, number), compiled, status };
    this.rules.set(compiled.id, rule);
    return rule;
  }

  #leave({ operator, hosted, compiled }: RunningRule): void {
    this.rules.delete(compiled.id);
    operator.retire(hosted);
    if (operator.isEmpty) this.operators.delete(operator.id);
  }

  #replace({ operator, hosted, compiled }: RunningRule, next: CompiledRule): RuleChangeResult {
    // Limits and `timeouts` are no part of the pattern, and yet open matches may be kept in another way with them.
    const kept = compiled.definition.canonical === next.definition.canonical && compiled.plan.representation === next.plan.representation;
    if (!kept) return operator.carryTo(hosted, next, mappingOf(compiled.definition, next.definition));
    operator.replaceRule(hosted, next);
    return { carried: operator.openMatchCount(hosted), dropped: 0 };
  }
}

/**
 * One operator for all rules that read the same streams, in the same order, by the same key. Rules with another
 * `onStall` may stand at another time: their state would miss events or see them twice.
 */
function operatorId({ from, onStall, key }: RuleDefinition): string {
  return `rules:${JSON.stringify([from, onStall, key])}`;
}

/** Where the partial matches of a pattern go; windows have nowhere to. */
function mappingOf(old: RuleDefinition, next: RuleDefinition): StateMapping | undefined {
  return old.kind === 'pattern' && next.kind === 'pattern' ? mapStates(old.pattern, next.pattern) : undefined;
}
