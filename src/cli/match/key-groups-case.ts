/** Cases of kind `key-groups`: which groups an operator owns, or which group a hash falls into. */
import type { JsonObject } from '../../engine/event/json-value.js';
import { Fields, Findings } from '../../engine/problem/fields.js';
import {
  computeDefaultMaxParallelism,
  computeKeyGroupForKeyHash,
  computeKeyGroupRangeForOperatorIndex,
} from '../../engine/state/key-group-range-assignment.js';
import { reject } from './case-error.js';

const MAX = 32_768;

/** @throws CaseRejected when the case is wrong */
export function runKeyGroupsCase(document: JsonObject): object {
  const fields = Fields.of(document, '', new Findings(), Object.keys(document)) as Fields;
  const maxParallelism = fields.integer('maxParallelism', 1, MAX);
  const parallelism = fields.integer('parallelism', 1, maxParallelism ?? MAX);
  const [problem] = fields.findings.problems;
  if (problem !== undefined) reject(problem.code, problem.message);
  const groups = fields.has('hashes') ? { groups: groupsOf(document.hashes, maxParallelism ?? missing('maxParallelism')) } : undefined;
  if (groups !== undefined && parallelism === undefined) return groups;
  const operators = parallelism ?? missing('parallelism');
  if (maxParallelism === undefined) return { defaultMaxParallelism: computeDefaultMaxParallelism(operators) };
  const ranges = Array.from({ length: operators }, (_, index) => computeKeyGroupRangeForOperatorIndex(maxParallelism, operators, index));
  return { ranges, ...groups };
}

function groupsOf(hashes: unknown, maxParallelism: number): number[] {
  if (!Array.isArray(hashes) || !hashes.every((hash) => Number.isInteger(hash)))
    reject('wrong-type', '`hashes` must be a list of 32-bit integers');
  return (hashes as number[]).map((hash) => computeKeyGroupForKeyHash(hash, maxParallelism));
}

function missing(key: string): never {
  return reject('missing-key', `\`${key}\` is missing`);
}
