/**
 * Which place in a new version's automaton a partial match of the old one has. A state of the old maps to one of the
 * new when the same way leads there from the start: edge for edge the same actions, through states of the same steps,
 * round for round. "The same step" is one with the same name, link, times, loop, bounds and groups around it; its
 * conditions may differ, and apply to later events. What lies behind a state may differ, too.
 */
import { ExpressionTableBuilder } from '../expr/index.js';
import { FieldLayout } from '../event/field-layout.js';
import { isBranching, sequencesIn, type Step, takingSteps } from '../pattern/ir/step.js';
import type { Pattern } from '../pattern/pattern.js';
import { compilePattern } from './compile.js';
import type { Nfa, NfaState } from './nfa.js';

export interface StateMapping {
  /** By number of the old state; undefined where the new automaton has no such place. */
  readonly states: readonly (number | undefined)[];
  /** By number of the old step. */
  readonly steps: readonly (number | undefined)[];
  /** How many states the new automaton has. */
  readonly count: number;
}

/** Nothing maps when `within` or `skip` differ: the new version would have given up other partial matches. */
export function mapStates(old: Pattern, next: Pattern): StateMapping {
  const [from, to] = [nfaOf(old), nfaOf(next)];
  const count = to.states.length;
  const steps = from.stepNames.map((name) => numberOf(to, name));
  if (old.within !== next.within || JSON.stringify(old.skip) !== JSON.stringify(next.skip))
    return { states: from.states.map(() => undefined), steps, count };
  return { states: pairUp(from, to, samePlace(signatures(old.steps), signatures(next.steps))), steps, count };
}

function nfaOf(pattern: Pattern): Nfa {
  const limits = { maxLength: Infinity, maxNesting: Infinity, maxNodes: Infinity };
  return compilePattern(pattern, new ExpressionTableBuilder(new FieldLayout(), limits)).nfa;
}

function numberOf({ stepNames }: Nfa, name: string): number | undefined {
  const number = stepNames.indexOf(name);
  return number < 0 ? undefined : number;
}

/** Walks both automata from their starts. A state that two ways would map differently is not mapped. */
function pairUp(from: Nfa, to: Nfa, same: (a: NfaState, b: NfaState) => boolean): (number | undefined)[] {
  const found = from.states.map((): number | undefined => undefined);
  const ambiguous = new Set<number>();
  const open: [old: number, next: number][] = [[from.start, to.start]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [old, next] = pair;
    if (found[old] === next || !same(from.states[old], to.states[next])) continue;
    if (found[old] !== undefined) {
      ambiguous.add(old);
      continue;
    }
    found[old] = next;
    from.states[old].edges.forEach(({ target }, index) => open.push([target, to.states[next].edges[index].target]));
    const [after, afterNext] = [from.states[old].after, to.states[next].after];
    if (after !== undefined && afterNext !== undefined) open.push([after, afterNext]);
  }
  for (const old of ambiguous) found[old] = undefined;
  return found;
}

function samePlace(old: ReadonlyMap<string, string>, next: ReadonlyMap<string, string>): (a: NfaState, b: NfaState) => boolean {
  return (a, b) =>
    a.kind === b.kind &&
    a.within === b.within &&
    a.name === b.name &&
    (a.kind === 'final' || old.get(a.name) === next.get(b.name)) &&
    a.edges.length === b.edges.length &&
    a.edges.every(({ action }, index) => action === b.edges[index].action);
}

/** By name: all that a step says but its conditions, the same of the steps around it, and what stands in its branches. */
function signatures(steps: readonly Step[], around = '', found = new Map<string, string>()): Map<string, string> {
  steps.forEach((step, index) => {
    const {
      where: _where,
      from: _from,
      until,
      steps: _steps,
      branches: _branches,
      ...own
    } = step as Partial<Record<string, unknown>> & Step;
    const branches = isBranching(step) ? step.branches.map((branch) => takingSteps(branch).map(({ name }) => name)) : [];
    const said = Object.entries(own).sort(([a], [b]) => (a < b ? -1 : 1));
    const signature = JSON.stringify([around, index === 0, until !== undefined, branches, said]);
    found.set(step.name, signature);
    for (const inner of sequencesIn(step)) signatures(inner, signature, found);
  });
  return found;
}
