import { Event } from '../../src/engine/event/event.js';
import { FieldLayout } from '../../src/engine/event/field-layout.js';
import { ExpressionTableBuilder } from '../../src/engine/expr/index.js';
import type { Match, MatcherLimits, MatchOutput } from '../../src/engine/match/matcher.js';
import { createMatcher, type Representation } from '../../src/engine/match/select.js';
import { compilePattern } from '../../src/engine/nfa/index.js';
import { type Pattern, type PatternDocument, readPattern } from '../../src/engine/pattern/index.js';
import { BinaryReader, BinaryWriter } from '../../src/engine/state/binary.js';

export function patternOf(document: PatternDocument): Pattern {
  const { pattern, problems } = readPattern(document);
  if (pattern === undefined) throw new Error(JSON.stringify(problems));
  return pattern;
}

/** What came out, in words: "match@5 a:0 b:1,2" or "timeout@15 a:0". */
export class Output implements MatchOutput {
  readonly lines: string[] = [];
  readonly limits: [string, number][] = [];
  errors = 0;

  constructor(readonly names: readonly string[]) {}

  match({ kind, path, endTime }: Match): void {
    const steps = new Map<string, number[]>();
    for (const { step, event } of path) steps.set(this.names[step], [...(steps.get(this.names[step]) ?? []), event.offset]);
    this.lines.push(`${kind}@${endTime} ${[...steps].map(([name, events]) => `${name}:${events.join(',')}`).join(' ')}`);
  }

  conditionError(): void {
    this.errors++;
  }

  limitReached(limit: string, dropped: number): void {
    this.limits.push([limit, dropped]);
  }
}

/** A matcher with one key's state. */
export function prepare(document: PatternDocument, limits?: MatcherLimits, representation: Representation = 'runs') {
  return preparePattern(patternOf(document), limits, representation);
}

export function preparePattern(pattern: Pattern, limits?: MatcherLimits, representation: Representation = 'runs') {
  const layout = new FieldLayout();
  const table = new ExpressionTableBuilder(layout);
  const { nfa } = compilePattern(pattern, table);
  const matcher = createMatcher(nfa, table.build(), { limits }, representation);
  const out = new Output(nfa.stepNames);
  const eventOf = (fields: { ts: number }, offset: number): Event => {
    const raw = Buffer.from(JSON.stringify(fields));
    return new Event(layout, 's', 0, offset, fields.ts, raw, layout.decode(raw));
  };
  return { nfa, matcher, out, eventOf };
}

export type Prepared = ReturnType<typeof prepare>;

/** What a pattern makes of the events of one key. */
export function play(pattern: Pattern, events: readonly { ts: number }[]): Output {
  const { matcher, out, eventOf } = preparePattern(pattern);
  const state = matcher.createState();
  for (const [index, event] of events.entries()) {
    matcher.advanceTime(state, event.ts, out);
    matcher.processEvent(state, eventOf(event, index), out);
  }
  return out;
}

/** The state as a restart would find it. */
export function restored({ matcher }: Prepared, state: unknown): unknown {
  const events: Event[] = [];
  const writer = new BinaryWriter();
  matcher.write(state, writer, {
    indexOf: (event) => {
      const known = events.indexOf(event);
      return known >= 0 ? known : events.push(event) - 1;
    },
  });
  const reader = new BinaryReader(writer.toBytes());
  const copy = matcher.read(reader, events, matcher.stateVersion);
  expect(reader.done).toBe(true);
  return copy;
}
