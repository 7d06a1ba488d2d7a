import type { OperatorStateSnapshot } from './operator-state.js';

/**
 * Deals the operator state of all subtasks of a checkpoint out to `parallelism` new ones (Flink's
 * RoundRobinOperatorStateRepartitioner): lists evenly in order, unions whole, broadcast state as a copy.
 */
export function redistribute(
  subtasks: readonly (readonly OperatorStateSnapshot[])[],
  parallelism: number,
): readonly (readonly OperatorStateSnapshot[])[] {
  const names = new Set(subtasks.flatMap((states) => states.map(({ name }) => name)));
  return Array.from({ length: parallelism }, (_, subtask) =>
    [...names].map((name) => {
      const all = subtasks.map((states) => states.find((state) => state.name === name));
      return share(all, subtask, parallelism);
    }),
  );
}

function share(all: readonly (OperatorStateSnapshot | undefined)[], subtask: number, parallelism: number): OperatorStateSnapshot {
  const known = all.filter((state) => state !== undefined);
  const [first] = known;
  return { ...first, elements: elementsFor(known, all, subtask, parallelism) };
}

function elementsFor(
  known: readonly OperatorStateSnapshot[],
  all: readonly (OperatorStateSnapshot | undefined)[],
  subtask: number,
  parallelism: number,
): readonly Uint8Array[] {
  const elements = known.flatMap((state) => state.elements);
  switch (known[0].mode) {
    case 'UNION':
      return elements;
    case 'BROADCAST':
      return known[subtask % known.length].elements;
    case 'SPLIT_DISTRIBUTE':
      return all.length === parallelism ? (all[subtask]?.elements ?? []) : evenShare(elements, subtask, parallelism);
  }
}

/** The part of a list that is a subtask's when all get as many, the first of them one more. */
export function evenShare<T>(list: readonly T[], subtask: number, parallelism: number): readonly T[] {
  const base = Math.floor(list.length / parallelism);
  const more = list.length % parallelism;
  const from = subtask * base + Math.min(subtask, more);
  return list.slice(from, from + base + (subtask < more ? 1 : 0));
}
