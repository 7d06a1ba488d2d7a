/**
 * Second stage of a rule: pattern to automaton. Built from the last step to the first, so that each step
 * knows the state that follows it; one method per kind of step, all returning the state where it begins.
 * Size: one to three states for each step and repetition.
 *
 * What an automaton must look like to mean the same as Flink's is not always what one would draw; the
 * conformance cases hold it.
 */
import type { ExpressionTableBuilder, StepBinding } from '../expr/index.js';
import type { Pattern } from '../pattern/pattern.js';
import { scopesOf } from '../pattern/scopes.js';
import { PatternCompiler } from './compile/pattern-compiler.js';
import { addConditions } from './conditions.js';
import type { Nfa, NfaSkip } from './nfa.js';

/** Compiles a pattern; its conditions go into the rule's table. `steps`: by step number, as alerts see them. */
export function compilePattern(pattern: Pattern, table: ExpressionTableBuilder): { nfa: Nfa; steps: readonly StepBinding[] } {
  const scopes = scopesOf(pattern.steps);
  const guards = addConditions(scopes, table);
  const { states, start } = new PatternCompiler(pattern, guards).compile();
  const stepNames = Object.freeze(scopes.bindings.map((step) => step.name));
  const nfa: Nfa = Object.freeze({
    states,
    start,
    conditions: guards.conditions,
    stepNames,
    within: pattern.within,
    skip: compileSkip(pattern, stepNames),
  });
  return { nfa, steps: scopes.bindings };
}

function compileSkip({ skip }: Pattern, stepNames: readonly string[]): NfaSkip {
  return 'step' in skip ? Object.freeze({ strategy: skip.strategy, step: stepNames.indexOf(skip.step) }) : skip;
}
