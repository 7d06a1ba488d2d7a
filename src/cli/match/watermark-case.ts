/** Cases of kind `watermark-strategy`, `watermark-splits` and `watermark-valve`. */
import type { JsonObject } from '../../engine/event/json-value.js';
import { TimestampsAndWatermarksOperator } from '../../engine/operator/timestamps-and-watermarks-operator.js';
import { Fields } from '../../engine/problem/fields.js';
import { ManualProcessingTimeService } from '../../engine/time/processing-time-service.js';
import { SourceWatermarks } from '../../engine/time/source-watermarks.js';
import { StatusWatermarkValve } from '../../engine/time/status-watermark-valve.js';
import { WatermarkStrategy } from '../../engine/time/watermark-strategy.js';
import { reject } from './case-error.js';
import { eventOf, inputOf, readCaseRule, statusOf, timeOf, unknownItem, WatermarkRows, type WatermarkRow } from './case-input.js';

export interface WatermarkResult {
  readonly output: readonly ({ readonly after: number } & WatermarkRow)[];
}

interface StrategyRule {
  readonly strategy: WatermarkStrategy<JsonObject>;
  /** ms */
  readonly interval: number;
}

/** @throws CaseRejected when the case or its rule is wrong */
export function runWatermarkStrategyCase(document: JsonObject): WatermarkResult {
  const { strategy, interval } = readStrategyRule(document.rule);
  const input = inputOf(document);
  const clock = new ManualProcessingTimeService();
  const output = new WatermarkRows();
  const operator = new TimestampsAndWatermarksOperator(strategy, interval);
  operator.open({
    output: Object.assign(output, { collect: () => {}, collectSide: () => {} }),
    processingTime: clock,
    subtask: 0,
    parallelism: 1,
  });
  for (const [index, item] of input.entries()) {
    output.after = index;
    if ('event' in item) operator.processElement(eventOf(item.event, index).event, undefined);
    else if ('time' in item) clock.advanceTo(timeOf(item.time, index));
    else if ('watermark' in item) operator.processWatermark(timeOf(item.watermark, index, { unbounded: true }));
    else if ('end' in item) operator.processWatermark(Infinity);
    else unknownItem(item, index);
  }
  return { output: output.rows };
}

export function runWatermarkSplitsCase(document: JsonObject): WatermarkResult {
  const { strategy, interval } = readStrategyRule(document.rule);
  const input = inputOf(document);
  const clock = new ManualProcessingTimeService();
  const output = new WatermarkRows();
  const source = new SourceWatermarks(strategy, interval, clock, output);
  const known = new Set<string>();
  const split = (value: unknown, index: number, isNew = false): string => {
    if (typeof value !== 'string') reject('wrong-type', `item ${index}: a split's name is a text`);
    if (known.has(value as string) === isNew)
      reject('invalid-value', `item ${index}: split ${String(value)} is ${isNew ? '' : 'not '}there`);
    return value as string;
  };
  for (const [index, item] of input.entries()) {
    output.after = index;
    if ('add' in item) {
      const name = split(item.add, index, true);
      known.add(name);
      source.addSplit(name);
    } else if ('remove' in item) {
      const name = split(item.remove, index);
      known.delete(name);
      source.removeSplit(name);
    } else if ('split' in item) {
      const { event } = eventOf(item.event, index);
      source.onEvent(split(item.split, index), event, source.extractTimestamp(event, undefined));
    } else if ('time' in item) clock.advanceTo(timeOf(item.time, index));
    else if ('end' in item) source.finish();
    else unknownItem(item, index);
  }
  return { output: output.rows };
}

export function runWatermarkValveCase(document: JsonObject): WatermarkResult {
  const channels = readCaseRule(
    document.rule,
    ['channels'],
    (fields) => fields.integer('channels', 1, 65_536) ?? required(fields, 'channels'),
  );
  const output = new WatermarkRows();
  const valve = new StatusWatermarkValve(channels, output);
  for (const [index, item] of inputOf(document).entries()) {
    output.after = index;
    const { channel } = item;
    if (!Number.isInteger(channel) || (channel as number) < 0 || (channel as number) >= channels)
      reject('out-of-range', `item ${index}: there is no such channel`);
    if ('watermark' in item) valve.inputWatermark(channel as number, timeOf(item.watermark, index, { unbounded: true }));
    else if ('status' in item) valve.inputWatermarkStatus(channel as number, statusOf(item.status, index));
    else unknownItem(item, index);
  }
  return { output: output.rows };
}

function required(fields: Fields, key: string): undefined {
  return fields.has(key) ? undefined : fields.missing(key, 'a whole number from 1');
}

function readStrategyRule(rule: unknown): StrategyRule {
  return readCaseRule(rule, ['strategy', 'idleness', 'interval'], (fields) => {
    if (!fields.has('strategy')) return fields.missing('strategy', 'boundedOutOfOrderness, monotonous or none');
    const strategy = readStrategy(fields);
    const idleness = fields.duration('idleness', 1);
    const interval = fields.duration('interval', 1) ?? 200;
    if (strategy === undefined) return undefined;
    return { strategy: idleness == null ? strategy : strategy.withIdleness(idleness), interval };
  });
}

function readStrategy(rule: Fields): WatermarkStrategy<JsonObject> | undefined {
  const fields = rule.nested('strategy', ['boundedOutOfOrderness', 'monotonous', 'none']);
  if (fields === undefined) return undefined;
  const kinds = Object.keys(fields.object);
  if (kinds.length !== 1) {
    return fields.findings.problem('invalid-value', fields.pointer, 'a strategy is one of boundedOutOfOrderness, monotonous, none');
  }
  const timed = (strategy: WatermarkStrategy<JsonObject>): WatermarkStrategy<JsonObject> =>
    strategy.withTimestampAssigner((event) => event.ts as number);
  if (fields.has('monotonous')) return timed(WatermarkStrategy.forMonotonousTimestamps());
  if (fields.has('none')) return timed(WatermarkStrategy.noWatermarks());
  const bound = fields.duration('boundedOutOfOrderness', 0);
  return bound == null ? undefined : timed(WatermarkStrategy.forBoundedOutOfOrderness(bound));
}
