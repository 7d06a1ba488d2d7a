import { formatDuration } from '../time/duration.js';
import { type Guard, not } from './guard.js';
import type { Nfa, NfaEdge, NfaState } from './nfa.js';
import { stateLabels } from './state-labels.js';

/** The automaton as a Mermaid state diagram: states, edges with their conditions, bounds of time as notes. */
export function drawNfa(nfa: Nfa): string {
  const labels = stateLabels(nfa);
  // Compiled from the end, read from the begin.
  const states = nfa.states.map((state, number) => ({ state, number })).reverse();
  const shown = states.filter(({ state }) => state.kind !== 'final');
  return [
    'stateDiagram-v2',
    '  direction LR',
    ...shown.map(({ number }) => `  s${number}: ${escape(labels[number])}`),
    `  [*] --> s${nfa.start}`,
    ...states.flatMap(({ state, number }) => edgeLines(nfa, state, number)),
    ...shown.flatMap(({ state, number }) => noteLines(nfa, state, number)),
    '',
  ].join('\n');
}

function edgeLines(nfa: Nfa, state: NfaState, number: number): string[] {
  const draw = (target: number, text: string): string =>
    `  s${number} --> ${nfa.states[target].kind === 'final' ? '[*]' : `s${target}`}: ${text}`;
  if (state.kind === 'stop' || state.kind === 'final') return [];
  const lines = state.edges.map((edge) => draw(edge.target, escape(edgeText(nfa, state, edge))));
  if (state.kind === 'pending') lines.push(`  s${number} --> [*]: when the time is over`);
  if (state.after !== undefined) lines.push(draw(state.after, 'when the time is over'));
  return lines;
}

function edgeText(nfa: Nfa, { edges }: NfaState, edge: NfaEdge): string {
  const stops = ({ target }: NfaEdge): boolean => nfa.states[target].kind === 'stop';
  const words = stops(edge) ? 'stop' : edge.action === 'proceed' ? 'go on' : edge.action;
  if (edge.guard.kind === 'true') return words;
  const takes = edges.filter(({ action }) => action === 'take');
  const first = takes.length > 0 ? takes : edges.filter(stops);
  const opposite = JSON.stringify(not(edge.guard));
  const isOtherwise = first.length > 0 && first.every(({ guard }) => JSON.stringify(guard) === opposite);
  return isOtherwise && !first.includes(edge) ? `${words} otherwise` : `${words} if ${guardText(nfa, edge.guard)}`;
}

function guardText(nfa: Nfa, guard: Guard): string {
  const parts = conjuncts(guard);
  if (parts.length > 1) return parts.map((part) => partText(nfa, part)).join(' and ');
  return guard.kind === 'condition' ? nfa.conditions[guard.condition].text : partText(nfa, guard);
}

function partText(nfa: Nfa, guard: Guard): string {
  if (guard.kind === 'true') return 'true';
  if (guard.kind === 'stream') return `from ${guard.name}`;
  if (guard.kind === 'not' && guard.of.kind === 'and') {
    return `(${conjuncts(guard.of)
      .map((part) => partText(nfa, not(part)))
      .join(' or ')})`;
  }
  if (guard.kind === 'not') return `not ${partText(nfa, guard.of)}`;
  return `(${guardText(nfa, guard)})`;
}

function conjuncts(guard: Guard): Guard[] {
  return guard.kind === 'and' ? [...conjuncts(guard.left), ...conjuncts(guard.right)] : [guard];
}

function noteLines(nfa: Nfa, { kind, within }: NfaState, number: number): string[] {
  const notes = [];
  if (number === nfa.start && nfa.within !== undefined) notes.push(`within ${formatDuration(nfa.within)}, first event to last`);
  if (kind === 'normal' && within !== undefined) notes.push(`within ${formatDuration(within)} of the event before`);
  return notes.length === 0 ? [] : [`  note right of s${number}`, ...notes.map((note) => `    ${note}`), '  end note'];
}

/** Only what Mermaid would read as its own: separators, entities, tags, styles (`::`), directives and line breaks. */
function escape(text: string): string {
  return text.replace(/[\r\n]+\s*/g, ' ').replace(/[#;]|<(?=[^\s=])|:(?=:)|%(?=%)/g, (char) => `#${char.charCodeAt(0)};`);
}
