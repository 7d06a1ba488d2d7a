import { formatDuration } from '../time/duration.js';
import { onCycles } from './cycles.js';
import type { Nfa, NfaState } from './nfa.js';

/** A label for each state by number, for people: no two are the same. */
export function stateLabels(nfa: Nfa): readonly string[] {
  const { states, stepNames } = nfa;
  const labels = states.map(ownText);
  if (sharing(labels).length === 0) return labels;
  const taken = stepNames.map((_, step) => fewestTaken(nfa, step));
  const add = (number: number, text: string) => {
    labels[number] += `, ${text}`;
  };
  addRounds(nfa, taken, sharing(labels), add);
  addIgnored(states, sharing(labels), add);
  addBefore(nfa, taken, sharing(labels), add);
  for (const numbers of sharing(labels)) {
    numbers.forEach((number, index) => {
      if (index > 0) labels[number] += ` (${index + 1})`;
    });
  }
  return labels;
}

type Add = (number: number, text: string) => void;

function ownText({ kind, name, within }: NfaState): string {
  if (kind === 'stop') return `stop: ${name}`;
  if (kind !== 'pending' && kind !== 'absence') return name;
  return within === undefined ? `absent: ${name}` : `absent: ${name}, ${formatDuration(within)}`;
}

/** Groups of states with the same label, each from the pattern's begin to its end: compiled from the end. */
function sharing(labels: readonly string[]): number[][] {
  const groups = new Map<string, number[]>();
  for (let number = labels.length - 1; number >= 0; number--) {
    const group = groups.get(labels[number]);
    if (group === undefined) groups.set(labels[number], [number]);
    else group.push(number);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}

/** Which event of its step a state waits for, if not all of a group wait for the same. */
function addRounds({ states }: Nfa, taken: readonly (readonly number[])[], groups: number[][], add: Add): void {
  const repeated = onCycles(states.map(({ edges }) => edges.map(({ target }) => target)));
  const roundOf = (number: number): string => {
    const { step, edges } = states[number];
    if (repeated[number] || edges.some(({ action, target }) => action === 'take' && target === number)) return 'more';
    return step < 0 ? '' : `${ordinal(taken[step][number] + 1)} event`;
  };
  for (const numbers of groups) {
    const rounds = numbers.map(roundOf);
    if (new Set(rounds).size === 1) continue;
    numbers.forEach((number, index) => rounds[index] !== '' && add(number, rounds[index]));
  }
}

function addIgnored(states: readonly NfaState[], groups: number[][], add: Add): void {
  for (const numbers of groups) {
    const behind = new Set(
      numbers.flatMap((from) =>
        states[from].edges.filter(({ action, target }) => action === 'ignore' && target !== from).map(({ target }) => target),
      ),
    );
    for (const number of numbers) if (behind.has(number)) add(number, 'after an ignored event');
  }
}

/** The steps that have taken an event on every way here, but not on every way to the others of the group. */
function addBefore({ stepNames }: Nfa, taken: readonly (readonly number[])[], groups: number[][], add: Add): void {
  for (const numbers of groups) {
    const telling = taken
      .map((fewest, step) => ({ fewest, name: stepNames[step] }))
      .filter(({ fewest }) => numbers.some((number) => fewest[number] === 0));
    for (const number of numbers) {
      const before = telling.filter(({ fewest }) => fewest[number] > 0).map(({ name }) => name);
      if (before.length > 0) add(number, `after ${before.join(', ')}`);
    }
  }
}

/** By state: how many events the step has at least taken when it is reached. */
function fewestTaken({ states, start }: Nfa, step: number): readonly number[] {
  const fewest = states.map(() => Infinity);
  let level = [start];
  for (let count = 0; level.length > 0; count++) {
    const later: number[] = [];
    for (const number of level) {
      if (fewest[number] <= count) continue;
      fewest[number] = count;
      const { edges, after, step: own } = states[number];
      if (after !== undefined) level.push(after);
      for (const { action, target } of edges) (action === 'take' && own === step ? later : level).push(target);
    }
    level = later;
  }
  return fewest;
}

function ordinal(count: number): string {
  const ending = count % 100 > 10 && count % 100 < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][count % 10] ?? 'th');
  return `${count}${ending}`;
}
