import type { FieldLayout } from '../../engine/event/field-layout.js';
import { MatchOperator } from '../../engine/match/operator/match-operator.js';
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

  /** A new version with the same canonical pattern keeps its open matches; cool-downs survive any version with the same key. */
  activate(definition: RuleDefinition, version: number, status: 'active' | 'shadow'): Activation {
    const compiled = compileRule(definition, version, this.layout);
    const known = this.rules.get(compiled.id);
    const kept = known !== undefined && sameKeying(known.compiled.definition, definition) ? known : undefined;
    const change = known === undefined ? { carried: 0, dropped: 0 } : this.preview(known, definition);
    const rule = kept ?? { operator: new MatchOperator(compiled, this.sink), compiled, status };
    const samePattern = rule.compiled.definition.canonical === definition.canonical;
    rule.compiled = compiled;
    rule.status = status;
    rule.operator.replaceRule(compiled);
    if (!samePattern) rule.operator.dropMatches();
    this.rules.set(compiled.id, rule);
    return { ...change, rule, replaced: kept === undefined ? known : undefined };
  }

  /** What activating `definition` would do to the open partial matches. */
  preview(known: RunningRule, definition: RuleDefinition): RuleChangeResult {
    const open = known.operator.openMatchCount();
    return known.compiled.definition.canonical === definition.canonical ? { carried: open, dropped: 0 } : { carried: 0, dropped: open };
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

function sameKeying(a: RuleDefinition, b: RuleDefinition): boolean {
  return JSON.stringify([a.from, a.key]) === JSON.stringify([b.from, b.key]);
}
