export { CelError } from '../event/cel-error.js';
export { plain } from './runtime/values.js';
export { render, toJsonText } from './runtime/text.js';
export * from './scope.js';
export { checkExpression, checkTemplate, ExpressionError, type ExpressionTable, ExpressionTableBuilder } from './table.js';
