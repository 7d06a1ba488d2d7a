export { CelError } from '../event/cel-error.js';
export { conjunctsOf, readTexts } from './parts.js';
export { plain } from './runtime/values.js';
export { render, toJsonText } from './runtime/text.js';
export type { ComparisonOp, ConditionAnalysis, Conjunct, Literal, StepField } from './analyze.js';
export type { Reads, StepRead } from './reads.js';
export { type ListKey, type ListStore, type ListUpdate, type ListVersion, MemoryListStore, type NamedList } from './lists.js';
export * from './scope.js';
export { conditionWarnings } from './warnings.js';
export {
  analyzeExpression,
  checkExpression,
  checkTemplate,
  ExpressionError,
  type ExpressionTable,
  ExpressionTableBuilder,
} from './table.js';
