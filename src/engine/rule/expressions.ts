import { DEFAULT_LIMITS, type ExpressionLimits, type ExpressionProblem } from '../expr/index.js';
import type { Findings } from '../problem/fields.js';
import type { DocumentLimits } from './limits.js';

/** The bounds on one expression that a document's limits mean. */
export function expressionLimits(limits: DocumentLimits): ExpressionLimits {
  return { ...DEFAULT_LIMITS, maxLength: limits.maxExpressionLength, maxNesting: limits.maxExpressionNesting };
}

/** An expression's problems as the document's: at its pointer, the place inside it in the message. */
export function reportExpression(problems: readonly ExpressionProblem[], pointer: string, findings: Findings): void {
  for (const { position, code, message, ...more } of problems) {
    findings.problem(code, pointer, `${message} (at character ${position + 1})`, more);
  }
}
