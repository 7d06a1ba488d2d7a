/** The library: `import { Pattern, StreamExecutionEnvironment } from 'tripline'`. */
export { FileSink, type FileSinkOptions } from './connectors/file/file-sink.js';
export { TextFileSink } from './connectors/file/text-file-sink.js';
export { type TextFileOptions, TextFileSource } from './connectors/file/text-file-source.js';
export { ForeignWriterError } from './connectors/delivery/position.js';
export { KafkaSink, type KafkaSinkOptions } from './connectors/kafka/stream/kafka-sink.js';
export { type KafkaRecord, KafkaSource, type KafkaSourceOptions } from './connectors/kafka/stream/kafka-source.js';
export { PostgresSink, type PostgresSinkOptions } from './connectors/postgres/postgres-sink.js';
export { WebhookSink, type WebhookSinkOptions } from './connectors/webhook/webhook-sink.js';
export { CEP, type PatternMatch, PatternStream } from './engine/cep/cep.js';
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
export * from './engine/stream/index.js';
export { StreamExecutionEnvironment } from './library/stream-execution-environment.js';
export { type JobClient, JobExecutionError, type JobExecutionResult } from './runtime/stream/local-execution.js';
