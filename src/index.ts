/** The library: `import { Pattern, StreamExecutionEnvironment } from 'tripline'`. */
export { FileSink, type FileSinkOptions } from './connectors/file/file-sink.js';
export { TextFileSink } from './connectors/file/text-file-sink.js';
export { type TextFileOptions, TextFileSource } from './connectors/file/text-file-source.js';
export { ForeignWriterError } from './connectors/delivery/position.js';
export { KafkaSink, type KafkaSinkOptions } from './connectors/kafka/stream/kafka-sink.js';
export { DeserializationError, OffsetOutOfRangeError } from './connectors/kafka/stream/kafka-source-reader.js';
export { type KafkaRecord, KafkaSource, type KafkaSourceOptions } from './connectors/kafka/stream/kafka-source.js';
export { PostgresSink, type PostgresSinkOptions } from './connectors/postgres/postgres-sink.js';
export { WebhookSink, type WebhookSinkOptions } from './connectors/webhook/webhook-sink.js';
export { CEP, PatternStream } from './engine/cep/cep.js';
export type * from './engine/cep/pattern-functions.js';
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
export {
  type CheckpointKind,
  type CheckpointStorage,
  CheckpointStorageError,
  type CompletedCheckpoint,
} from './runtime/ports/checkpoint-storage.js';
export type { StateBackend } from './runtime/ports/state-backend.js';
export {
  CheckpointConfig,
  type CheckpointingMode,
  type ExternalizedCheckpointRetention,
} from './runtime/stream/checkpoint/checkpoint-config.js';
export { CheckpointError } from './runtime/stream/checkpoint/checkpoint-coordinator.js';
export type { CheckpointStats, CheckpointStatsSnapshot } from './runtime/stream/checkpoint/checkpoint-stats.js';
export { MemoryCheckpointStorage } from './runtime/stream/checkpoint/memory-checkpoint-storage.js';
export { type JobClient, JobExecutionError, type JobExecutionResult } from './runtime/stream/job/job-client.js';
export type { ExecutionState, JobStatus } from './runtime/stream/job/life-cycle.js';
export { type ExponentialDelayOptions, RestartStrategies, type RestartStrategy } from './runtime/stream/job/restart-strategies.js';
export { EmbeddedLevelStateBackend, type EmbeddedLevelOptions } from './storage/stream/embedded-level-state-backend.js';
export { FileSystemCheckpointStorage } from './storage/stream/file-system-checkpoint-storage.js';
export { PostgresCheckpointStorage, type PostgresCheckpointOptions } from './storage/stream/postgres-checkpoint-storage.js';
export { HashMapStateBackend } from './runtime/stream/state-backends.js';
