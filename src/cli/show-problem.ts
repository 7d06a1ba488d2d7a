import type { Problem } from '../engine/problem/problem.js';

/** One problem for people: `file:line:column  error  code  message  (at /pointer)`. */
export function showProblem(file: string, kind: 'error' | 'warning', problem: Problem): string {
  const place = problem.line === undefined ? file : `${file}:${problem.line}:${problem.column ?? 1}`;
  const where = problem.pointer === undefined || problem.pointer === '' ? '' : ` (at ${problem.pointer})`;
  const details = [
    problem.found !== undefined && !problem.message.includes(problem.found) ? `found ${problem.found}` : undefined,
    problem.expected !== undefined && !problem.message.includes(problem.expected) ? `expected ${problem.expected}` : undefined,
    problem.suggestion !== undefined && !problem.message.includes(problem.suggestion) ? `did you mean ${problem.suggestion}?` : undefined,
  ].filter((detail) => detail !== undefined);
  const tail = details.length === 0 ? '' : `; ${details.join('; ')}`;
  return `${place}: ${kind} ${problem.code}: ${problem.message}${tail}${where}`;
}
