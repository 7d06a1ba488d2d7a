import type { ExpressionLimits } from '../../engine/expr/index.js';

/** The command has no service limits; these only keep one case from taking all memory. */
export const EXPRESSION_LIMITS: ExpressionLimits = { maxLength: 1 << 20, maxNesting: 200, maxNodes: 100_000 };
