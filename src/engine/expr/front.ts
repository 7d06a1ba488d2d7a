import { Lowering } from './lower.js';
import type { Node } from './node.js';
import { parse } from './parse.js';
import type { ExpressionLimits, ExpressionProblem, ExpressionScope } from './scope.js';

/** Stages 1 and 2: text to a checked node, or all its problems. */
export function lowerExpression(source: string, scope: ExpressionScope, limits: ExpressionLimits): Node | ExpressionProblem[] {
  const parsed = parse(source, limits);
  if ('code' in parsed) return [parsed];
  const lowering = new Lowering(parsed, scope, limits);
  const node = lowering.lower(parsed.expr);
  return lowering.problems.length > 0 ? lowering.problems : node;
}
