import { FieldLayout } from '../../engine/event/field-layout.js';
import { MatchOperator } from '../../engine/match/operator/match-operator.js';
import { mapStates, type StateMapping } from '../../engine/nfa/index.js';
import { compileRule, type CompiledRule } from '../../engine/rule/compile.js';
import type { RuleDefinition } from '../../engine/rule/definition.js';
import type { RuleChangeResult } from '../ports/job-control.js';
import type { TaskSink } from './task-sink.js';

/** A rule in the running job: the actual state, which the journal alone changes. */
export interface RunningRule {
  readonly operator: MatchOperator;
  compiled: CompiledRule;
  status: 'active' | 'shadow' | 'paused';
}

/** What a change means for the buffers. */
export interface Activation extends RuleChangeResult {
  readonly rule: RunningRule;
  /** The operator that stood there before and is gone with its state. */
  readonly replaced: RunningRule | undefined;
}

/** The rules of a task by id. */
export class RuleSet {
  readonly rules = new Map<string, RunningRule>();

  constructor(
    readonly layout: FieldLayout,
    readonly sink: TaskSink,
  ) {}

  /**
   * A new version with the same canonical pattern keeps its open matches; of another pattern with the same streams and
   * key those that have a place in it (mapStates). Cool-downs survive any version with the same key.
   */
  activate(definition: RuleDefinition, version: number, status: 'active' | 'shadow'): Activation {
    const compiled = compileRule(definition, version, this.layout);
    const known = this.rules.get(compiled.id);
    if (known === undefined || !sameKeying(known.compiled.definition, definition)) {
      const rule = { operator: new MatchOperator(compiled, this.sink), compiled, status };
      this.rules.set(compiled.id, rule);
      return { carried: 0, dropped: known?.operator.openMatchCount() ?? 0, rule, replaced: known };
    }
    const change = this.#replace(known, compiled);
    known.compiled = compiled;
    known.status = status;
    return { ...change, rule: known, replaced: undefined };
  }

  #replace({ operator, compiled }: RunningRule, next: CompiledRule): RuleChangeResult {
    // Limits and `timeouts` are no part of the pattern, and yet open matches may be kept in another way with them.
    const kept = compiled.definition.canonical === next.definition.canonical && compiled.plan.representation === next.plan.representation;
    if (!kept) return operator.carryTo(next, mappingOf(compiled.definition, next.definition));
    operator.replaceRule(next);
    return { carried: operator.openMatchCount(), dropped: 0 };
  }

  /** What activating `definition` would do to the open partial matches. */
  preview({ operator, compiled }: RunningRule, definition: RuleDefinition): RuleChangeResult {
    const known = compiled.definition;
    if (!sameKeying(known, definition)) return { carried: 0, dropped: operator.openMatchCount() };
    if (known.canonical === definition.canonical) return { carried: operator.openMatchCount(), dropped: 0 };
    return operator.previewCarry(compileRule(definition, 0, new FieldLayout()), mappingOf(known, definition));
  }

  /** Open matches are dropped: a gap would falsify `next` and absence. */
  pause(id: string): RuleChangeResult {
    const rule = this.rules.get(id);
    if (rule === undefined || rule.status === 'paused') return { carried: 0, dropped: 0 };
    const dropped = rule.operator.openMatchCount();
    rule.operator.dropMatches();
    rule.status = 'paused';
    return { carried: 0, dropped };
  }

  retire(id: string): RuleChangeResult & { readonly retired: RunningRule | undefined } {
    const retired = this.rules.get(id);
    this.rules.delete(id);
    return { carried: 0, dropped: retired?.operator.openMatchCount() ?? 0, retired };
  }
}

/** Where the partial matches of a pattern go; windows have nowhere to. */
function mappingOf(old: RuleDefinition, next: RuleDefinition): StateMapping | undefined {
  return old.kind === 'pattern' && next.kind === 'pattern' ? mapStates(old.pattern, next.pattern) : undefined;
}

/** Rules with another `onStall` may stand at another time: their state would miss events or see them twice. */
function sameKeying(a: RuleDefinition, b: RuleDefinition): boolean {
  return JSON.stringify([a.from, a.onStall, a.key]) === JSON.stringify([b.from, b.onStall, b.key]);
}
