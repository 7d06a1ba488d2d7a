/** The library: `import { Pattern } from 'tripline'`. */
export {
  AfterMatchSkipStrategy,
  type AnyEvent,
  type IterativeContext,
  Pattern,
  PatternError,
  type PatternStart,
  type StepCondition,
  type WithinType,
} from './engine/pattern/builder/index.js';
export { type Pattern as PatternDefinition, type PatternText, toBuilder, toDocument, toYaml } from './engine/pattern/index.js';
