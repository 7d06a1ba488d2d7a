import type { Problem } from '../../problem/problem.js';

/** A pattern that cannot be: all that is wrong with it, as for a document (Flink's MalformedPatternException). */
export class PatternError extends Error {
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(({ message, pointer }) => (pointer === undefined ? message : `${pointer}: ${message}`)).join('\n'));
    this.name = 'PatternError';
  }
}
