export * from './definition.js';
export {
  type AnyDocument,
  isStreamDocument,
  parseDocument,
  readAnyDocument,
  readRuleDocument,
  readStreamDocument,
  type RuleDocument,
  type StreamDocument,
} from './document.js';
export { checkFields } from './event-fields.js';
export { type EventFault, eventTime } from './event-time.js';
export { DEFAULT_DOCUMENT_LIMITS, type DocumentLimits, STORED } from './limits.js';
export { readRule, type RuleReadOptions, type RuleReadResult } from './rule.js';
export { readStream, type StreamReadOptions, type StreamReadResult } from './stream.js';
export { type DocumentFormat, UNPARSEABLE } from './text.js';
