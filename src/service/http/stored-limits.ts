import type { DocumentLimits } from '../../engine/rule/limits.js';

const NONE: DocumentLimits = {
  maxRuleBytes: Infinity,
  maxNesting: Infinity,
  maxSteps: Infinity,
  maxTimes: Infinity,
  maxExpressionLength: Infinity,
  maxExpressionNesting: Infinity,
};

/** For documents that were accepted once: a limit lowered since then does not make them unreadable. */
export const STORED = { limits: NONE };
