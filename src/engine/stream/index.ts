export { OutputTag } from '../operator/stream-operator.js';
export {
  aggregatingState,
  type AggregatingStateDescriptor,
  listState,
  type ListStateDescriptor,
  mapState,
  type MapStateDescriptor,
  reducingState,
  type ReducingStateDescriptor,
  valueState,
  type ValueStateDescriptor,
} from '../state/keyed/descriptors.js';
export type {
  AggregateFunction,
  AggregatingState,
  ListState,
  MapState,
  ReduceFunction,
  ReducingState,
  ValueState,
} from '../state/keyed/keyed-state.js';
export { plainSerializerOf, type PlainSerializerOptions } from '../state/serializer/plain-serializer.js';
export { StateMigrationError, type TypeSerializer } from '../state/serializer/type-serializer.js';
export type { BinaryReader, BinaryWriter } from '../state/binary.js';
export type { StateTtlConfig } from '../state/keyed/ttl.js';
export type { WatermarkOutput } from '../time/watermark.js';
export type { WatermarkGenerator } from '../time/watermark-generators.js';
export { WatermarkStrategy } from '../time/watermark-strategy.js';
export { GlobalWindows } from '../window/assigners/global-windows.js';
export { CalendarDayWindows } from '../window/assigners/calendar-days.js';
export { EventTimeSessionWindows, ProcessingTimeSessionWindows } from '../window/assigners/session.js';
export { SlidingEventTimeWindows, SlidingProcessingTimeWindows } from '../window/assigners/sliding.js';
export { TumblingEventTimeWindows, TumblingProcessingTimeWindows } from '../window/assigners/tumbling.js';
export type { WindowAssigner } from '../window/assigners/window-assigner.js';
export { CountEvictor, DeltaEvictor, type Evictor, TimeEvictor } from '../window/evictors/evictor.js';
export { ContinuousEventTimeTrigger, ContinuousProcessingTimeTrigger } from '../window/triggers/continuous-triggers.js';
export { CountTrigger } from '../window/triggers/count-trigger.js';
export { DeltaTrigger } from '../window/triggers/delta-trigger.js';
export { PurgingTrigger } from '../window/triggers/purging-trigger.js';
export { EventTimeTrigger, ProcessingTimeTrigger } from '../window/triggers/time-triggers.js';
export type { Trigger, TriggerContext, TriggerResult } from '../window/triggers/trigger.js';
export { GlobalWindow, TimeWindow, type Window } from '../window/window.js';
export type { WindowContext } from '../window/window-functions.js';
export { AsyncDataStream, type AsyncFunctionFactory, type AsyncOptions } from './async/async-data-stream.js';
export { type AsyncFunction, AsyncRetryStrategies, type AsyncRetryStrategy, AsyncTimeoutError } from './async/async-function.js';
export { BroadcastStream, ConnectedStreams } from './api/connected-streams.js';
export { DataStream, SingleOutputStream, StreamSink } from './api/data-stream.js';
export { IntervalJoin } from './api/interval-join.js';
export { KeyedStream } from './api/keyed-stream.js';
export type { ProcessWindowFunction, WindowFunctionFactory } from './api/process-window-functions.js';
export { WindowedStream } from './api/windowed-stream.js';
export type { DeliveryGuarantee } from './functions/delivery.js';
export * from './functions/functions.js';
export * from './functions/rich-functions.js';
export type { JoinContext } from './join/interval-join-operator.js';
export type { CommitContext, Committer, Sink, SinkWriter, WriterInitContext } from './functions/sink.js';
export { SuppressRestartsError } from './functions/suppress-restarts.js';
export type { Source, SourceReader, SourceRecord, SourceSplit } from './functions/source.js';
