import { Event } from '../../src/engine/event/event.js';
import { FieldLayout } from '../../src/engine/event/field-layout.js';
import { ExpressionTableBuilder } from '../../src/engine/expr/index.js';
import type { Emission, Matcher } from '../../src/engine/match/matcher.js';
import { BinaryReader, BinaryWriter } from '../../src/engine/state/binary.js';
import { compileWindow } from '../../src/engine/window/rule/compile-window.js';
import type { WindowSpec } from '../../src/engine/window/spec/window-spec.js';

export interface Reading {
  readonly ts: number;
  readonly v: number;
}

export interface Result {
  readonly start?: number;
  readonly end?: number;
  readonly values: unknown;
}

/** A rule's windows over one key, as the service runs them: time goes to each deadline exactly. */
export function runMatcher(window: WindowSpec, events: readonly Reading[], until: number, interrupt: (index: number) => boolean): Result[] {
  const layout = new FieldLayout();
  const table = new ExpressionTableBuilder(layout);
  const select = [
    { name: 'n', aggregate: 'count' as const },
    { name: 'total', aggregate: 'sum' as const, expression: 'v' },
    { name: 'lowest', aggregate: 'min' as const, expression: 'v' },
    { name: 'highest', aggregate: 'max' as const, expression: 'v' },
    { name: 'mean', aggregate: 'avg' as const, expression: 'v' },
  ];
  const make = compileWindow({ window, select, allowedLateness: 0 }, table);
  const matcher = make(table.build());
  const results: Result[] = [];
  const out = {
    match: (emission: Emission) => {
      if (emission.kind === 'window') results.push({ ...emission.window, values: emission.values });
    },
    conditionError: () => {},
    limitReached: () => {},
  };
  let state = matcher.createState();
  const advance = (time: number): void => {
    for (let deadline = matcher.nextDeadline(state); deadline <= time; deadline = matcher.nextDeadline(state))
      matcher.advanceTime(state, deadline, out);
  };
  events.forEach((reading, index) => {
    if (interrupt(index)) state = restored(matcher, state);
    advance(reading.ts);
    const raw = Buffer.from(JSON.stringify(reading));
    matcher.processEvent(state, new Event(layout, 's', 0, index, reading.ts, raw, layout.decode(raw)), out);
  });
  advance(until);
  return results;
}

function restored<S>(matcher: Matcher<S>, state: S): S {
  const out = new BinaryWriter();
  matcher.write(state, out, { indexOf: () => 0 });
  return matcher.read(new BinaryReader(out.toBytes()), [], 1);
}
