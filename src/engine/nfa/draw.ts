import { formatDuration } from '../time/duration.js';
import type { Guard } from './guard.js';
import type { Nfa, NfaEdge, NfaState } from './nfa.js';

/** The automaton as a Mermaid state diagram: states with their bounds, edges with their conditions. */
export function drawNfa(nfa: Nfa): string {
  const lines = ['stateDiagram-v2', '  direction LR'];
  nfa.states.forEach((state, number) => {
    if (state.kind !== 'final') lines.push(`  s${number}: ${escape(stateText(state))}`);
  });
  lines.push(`  [*] --> s${nfa.start}`);
  nfa.states.forEach((state, number) => {
    if (state.kind === 'stop') return;
    for (const edge of state.edges) lines.push(drawEdge(nfa, number, edge));
    if (state.after !== undefined) lines.push(`  s${number} --> ${node(nfa, state.after)}: when the time is over`);
  });
  if (nfa.within !== undefined)
    lines.push(`  note right of s${nfa.start}`, `    within ${formatDuration(nfa.within)}, first event to last`, '  end note');
  return `${lines.join('\n')}\n`;
}

function stateText({ kind, name, within }: NfaState): string {
  const bound = within === undefined ? '' : `, within ${formatDuration(within)}`;
  const prefix = kind === 'stop' ? 'stop: ' : kind === 'pending' || kind === 'absence' ? 'absent: ' : '';
  return `${prefix}${name}${bound}`;
}

function drawEdge(nfa: Nfa, from: number, { action, target, guard }: NfaEdge): string {
  const text = guard.kind === 'true' ? action : `${action} if ${guardText(nfa, guard)}`;
  return `  s${from} --> ${node(nfa, target)}: ${escape(text)}`;
}

function node(nfa: Nfa, state: number): string {
  return nfa.states[state].kind === 'final' ? '[*]' : `s${state}`;
}

function guardText(nfa: Nfa, guard: Guard): string {
  switch (guard.kind) {
    case 'true':
      return 'true';
    case 'condition':
      return `(${nfa.conditions[guard.condition].text})`;
    case 'stream':
      return `from ${guard.name}`;
    case 'not':
      return `not ${guardText(nfa, guard.of)}`;
    case 'and':
      return `${guardText(nfa, guard.left)} and ${guardText(nfa, guard.right)}`;
  }
}

/** Mermaid reads # and ; and line breaks as its own. */
function escape(text: string): string {
  return text.replace(/[#;:"<>\r\n]/g, (char) => (char === '\n' || char === '\r' ? ' ' : `#${char.charCodeAt(0)};`));
}
