/** Cases of kind `interval-join` and `window-join`: two streams, an event's identity is its index. */
import type { JsonObject } from '../../engine/event/json-value.js';
import { type Output, OutputTag } from '../../engine/operator/stream-operator.js';
import type { Fields } from '../../engine/problem/fields.js';
import { coGroupWindowFunction, joinFunction } from '../../engine/stream/join/co-group.js';
import { type IntervalBounds, IntervalJoinOperator } from '../../engine/stream/join/interval-join-operator.js';
import type { Tagged } from '../../engine/stream/join/tagged.js';
import { ManualProcessingTimeService } from '../../engine/time/processing-time-service.js';
import { WatermarkEmitter } from '../../engine/time/watermark.js';
import { WatermarkOutputMultiplexer } from '../../engine/time/watermark-output-multiplexer.js';
import { assignerOf } from '../../engine/window/spec/assigner-of.js';
import { readWindow } from '../../engine/window/spec/read-window.js';
import { listContents } from '../../engine/window/window-contents.js';
import { WindowOperator } from '../../engine/window/window-operator.js';
import type { TimeWindow } from '../../engine/window/window.js';
import { reject } from './case-error.js';
import { eventOf, inputOf, keyOfEvent, readCaseRule, readKeyFields, readSignedDuration, Rows, timeOf, unknownItem } from './case-input.js';

interface Pair {
  /** Indexes in the input. */
  readonly left: number;
  readonly right: number;
}

type JoinRow = Pair & { readonly ts: number };

export interface JoinResult {
  readonly output: readonly ({ readonly after: number } & JoinRow)[];
  readonly late: readonly number[];
}

const SIDES = ['left', 'right'] as const;
type Side = (typeof SIDES)[number];

/** What both joins are to the case. */
interface Join {
  process(side: Side, index: number, time: number, key: unknown): void;
  processWatermark(time: number): void;
}

const LATE = new OutputTag<number>('late');

/** @throws CaseRejected when the case or its rule is wrong */
export function runIntervalJoinCase(document: JsonObject): JoinResult {
  const { key, bounds } = readCaseRule(document.rule, ['key', 'between'], (fields) => ({
    key: readKeyFields(fields),
    bounds: readBounds(fields) as IntervalBounds,
  }));
  const operator = new IntervalJoinOperator<number, number, Pair>({
    bounds,
    process: (left, right, _time, out) => out({ left, right }),
    leftLateDataTag: LATE,
    rightLateDataTag: LATE,
  });
  const output = new Recorder();
  operator.open({ output, processingTime: new ManualProcessingTimeService(), subtask: 0, parallelism: 1 });
  const join: Join = {
    process: (side, index, time, value) =>
      side === 'left' ? operator.processElement1(index, time, value) : operator.processElement2(index, time, value),
    processWatermark: (time) => operator.processWatermark(time),
  };
  return play(document, key, join, output);
}

export function runWindowJoinCase(document: JsonObject): JoinResult {
  const { key, window, allowedLateness } = readCaseRule(document.rule, ['key', 'window', 'allowedLateness'], (fields) => {
    const spec = readWindow(fields);
    if (spec?.kind === 'count') return fields.findings.problem('not-applicable', '/window/count', 'a join has no count windows');
    return spec && { key: readKeyFields(fields), window: spec, allowedLateness: fields.duration('allowedLateness', 0) ?? 0 };
  });
  const operator = new WindowOperator<Tagged<number, number>, readonly Tagged<number, number>[], Pair, TimeWindow>({
    assigner: assignerOf(window),
    contents: listContents(),
    function: coGroupWindowFunction(joinFunction((left, right) => ({ left, right }))),
    allowedLateness,
    lateDataTag: new OutputTag('late'),
  });
  const output = new Recorder();
  operator.open({ output, processingTime: new ManualProcessingTimeService(), subtask: 0, parallelism: 1 });
  const join: Join = {
    process: (side, index, time, value) => operator.processElement({ side, value: index }, time, value),
    processWatermark: (time) => operator.processWatermark(time),
  };
  return play(document, key, join, output);
}

function play(document: JsonObject, keyFields: readonly string[], join: Join, output: Recorder): JoinResult {
  const watermarks = new WatermarkOutputMultiplexer(
    new WatermarkEmitter({ emitWatermark: (time) => join.processWatermark(time), emitWatermarkStatus: () => {} }),
  );
  for (const side of SIDES) watermarks.register(side);
  for (const [index, item] of inputOf(document).entries()) {
    output.after = index;
    const side = SIDES.find((one) => one in item);
    if (side !== undefined) {
      const { event, time } = eventOf(item[side], index);
      join.process(side, index, time, keyOfEvent(event, keyFields));
    } else if ('watermark' in item) {
      const time = timeOf(item.watermark, index, { unbounded: true });
      for (const one of sidesOf(item, index)) watermarks.deferredOutput(one).emitWatermark(time);
      watermarks.onPeriodicEmit();
    } else unknownItem(item, index);
  }
  return { output: output.rows, late: output.late };
}

function sidesOf({ side }: JsonObject, index: number): readonly Side[] {
  if (side === undefined) return SIDES;
  return SIDES.includes(side as Side) ? [side as Side] : reject('invalid-value', `item ${index}: a side is left or right`);
}

function readBounds(rule: Fields): IntervalBounds | undefined {
  if (!rule.has('between')) return rule.missing('between', '{lower, upper}');
  const fields = rule.nested('between', ['lower', 'upper', 'lowerExclusive', 'upperExclusive']);
  if (fields === undefined) return undefined;
  const lower = readSignedDuration(fields, 'lower');
  const upper = readSignedDuration(fields, 'upper');
  const lowerExclusive = fields.boolean('lowerExclusive') ?? false;
  const upperExclusive = fields.boolean('upperExclusive') ?? false;
  if (lower === undefined || upper === undefined) return undefined;
  if (lower + Number(lowerExclusive) <= upper - Number(upperExclusive)) return { lower, upper, lowerExclusive, upperExclusive };
  return fields.findings.problem('out-of-range', fields.at('lower'), 'the lower bound is above the upper bound');
}

class Recorder extends Rows<JoinRow> implements Output<Pair> {
  readonly late: number[] = [];

  collect(pair: Pair, timestamp: number | undefined): void {
    this.add({ ...pair, ts: timestamp as number });
  }

  collectSide(): void {
    this.late.push(this.after);
  }

  emitWatermark(): void {}
  emitWatermarkStatus(): void {}
}
