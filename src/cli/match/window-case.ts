/** Cases of kind `window`: aggregates of a keyed stream, an event's identity is its index. */
import { Event } from '../../engine/event/event.js';
import { FieldLayout } from '../../engine/event/field-layout.js';
import type { JsonObject } from '../../engine/event/json-value.js';
import { type ExpressionScope, ExpressionTableBuilder, toJsonText } from '../../engine/expr/index.js';
import { type Output, OutputTag } from '../../engine/operator/stream-operator.js';
import { ManualProcessingTimeService } from '../../engine/time/processing-time-service.js';
import { GlobalWindows } from '../../engine/window/assigners/global-windows.js';
import { CountEvictor } from '../../engine/window/evictors/evictor.js';
import { readSelect, type SelectItem } from '../../engine/window/select/read-select.js';
import { type Selection, SelectionBuilder, type Values } from '../../engine/window/select/selection.js';
import { assignerOf } from '../../engine/window/spec/assigner-of.js';
import { readWindow } from '../../engine/window/spec/read-window.js';
import type { WindowSpec } from '../../engine/window/spec/window-spec.js';
import { CountTrigger } from '../../engine/window/triggers/count-trigger.js';
import { PurgingTrigger } from '../../engine/window/triggers/purging-trigger.js';
import { aggregateContents, evictingContents } from '../../engine/window/window-contents.js';
import type { WindowContext } from '../../engine/window/window-functions.js';
import { WindowOperator } from '../../engine/window/window-operator.js';
import { GlobalWindow, TimeWindow, type Window } from '../../engine/window/window.js';
import { eventOf, inputOf, keyOfEvent, readCaseRule, readKeyFields, Rows, timeOf, unknownItem } from './case-input.js';
import { EXPRESSION_LIMITS } from './limits.js';

interface WindowRow {
  readonly key: readonly unknown[];
  readonly start?: number;
  readonly end?: number;
  readonly values: Values;
}

export interface WindowResult {
  readonly output: readonly ({ readonly after: number } & WindowRow)[];
  /** Events that were dropped as late. */
  readonly late: readonly number[];
}

interface WindowRule {
  readonly key: readonly string[];
  readonly window: WindowSpec;
  readonly select: readonly SelectItem[];
  /** ms */
  readonly allowedLateness: number;
}

const SCOPE: ExpressionScope = { event: true, steps: [] };
const LATE = new OutputTag<Event>('late');

/** @throws CaseRejected when the case or its rule is wrong */
export function runWindowCase(document: JsonObject): WindowResult {
  const rule = readRule(document.rule);
  const layout = new FieldLayout();
  const table = new ExpressionTableBuilder(layout, EXPRESSION_LIMITS);
  const builder = new SelectionBuilder(rule.select, table, SCOPE);
  const operator = createOperator(rule, builder.build(table.build()));
  const output = new Recorder();
  operator.open({ output, processingTime: new ManualProcessingTimeService(), subtask: 0, parallelism: 1 });
  for (const [index, item] of inputOf(document).entries()) {
    output.after = index;
    if ('event' in item) {
      const { event, time } = eventOf(item.event, index);
      const raw = Buffer.from(toJsonText(event));
      operator.processElement(new Event(layout, 'case', 0, index, time, raw, layout.decode(raw)), time, keyOfEvent(event, rule.key));
    } else if ('watermark' in item) operator.processWatermark(timeOf(item.watermark, index, { unbounded: true }));
    else unknownItem(item, index);
  }
  return { output: output.rows, late: output.late };
}

function readRule(rule: unknown): WindowRule {
  return readCaseRule(rule, ['key', 'window', 'allowedLateness', 'select'], (fields) => {
    const key = readKeyFields(fields);
    const window = readWindow(fields);
    const select = readSelect(fields, { event: SCOPE, limits: EXPRESSION_LIMITS });
    const allowedLateness = fields.duration('allowedLateness', 0) ?? 0;
    return window && select && { key, window, select, allowedLateness };
  });
}

/** As a DataStream program has them: countWindow(n) and countWindow(size, slide) are triggers on the global window. */
function createOperator({ window, allowedLateness }: WindowRule, selection: Selection): WindowOperator<Event, never, WindowRow, Window> {
  const options = operatorOptions(window, selection);
  return new WindowOperator({ ...options, allowedLateness, lateDataTag: LATE } as never);
}

function operatorOptions(window: WindowSpec, selection: Selection): object {
  const row = (key: unknown, { window: fired }: WindowContext<Window>, values: Values): WindowRow =>
    fired instanceof TimeWindow ? { key: key as unknown[], start: fired.start, end: fired.end, values } : { key: key as unknown[], values };
  const folded = {
    contents: aggregateContents(selection),
    function: {
      process: (key: unknown, context: WindowContext<Window>, values: Values, out: (row: WindowRow) => void) =>
        out(row(key, context, values)),
    },
  };
  if (window.kind !== 'count') return { assigner: assignerOf(window), ...folded };
  const { size, every } = window;
  const assigner = GlobalWindows.create();
  if (size === every) return { assigner, trigger: PurgingTrigger.of(CountTrigger.of(size)), ...folded };
  return {
    assigner,
    trigger: CountTrigger.of(every),
    contents: evictingContents<Event, GlobalWindow>(CountEvictor.of(size)),
    function: {
      process: (key: unknown, context: WindowContext<Window>, events: readonly Event[], out: (row: WindowRow) => void) => {
        const total = events.reduce((sum, event) => selection.add(event, sum), selection.createAccumulator());
        out(row(key, context, selection.getResult(total)));
      },
    },
  };
}

class Recorder extends Rows<WindowRow> implements Output<WindowRow> {
  readonly late: number[] = [];

  collect(row: WindowRow): void {
    this.add(row);
  }

  collectSide(): void {
    this.late.push(this.after);
  }

  emitWatermark(): void {}
  emitWatermarkStatus(): void {}
}
