/**
 * A key's state as bytes. Events are numbers of the caller's table, links come before those that build on
 * them, so shared prefixes stay shared:
 *   events: count, number of each · links: count, (step, event, previous + 1) each
 *   time (since format 2)
 *   runs in heap order: count, (link + 1, state) each, 0 for the start · completed: count, (link, endTime) each
 */
import type { Event } from '../../event/event.js';
import type { BinaryReader, BinaryWriter } from '../../state/binary.js';
import type { EventTable } from '../matcher.js';
import { measure } from './limits.js';
import { type Completed, isRun, link, type Link, type Ranked, type RunsState, START } from './run.js';
import { makeRun } from './successors.js';

export function writeState(state: RunsState, out: BinaryWriter, events: EventTable): void {
  const links = collectLinks(state);
  const taken = new Map<number, Event>();
  for (const { sequence, event } of links.keys()) taken.set(sequence, event);
  const sequences = [...taken.keys()].sort((a, b) => a - b);
  const numbers = new Map(sequences.map((sequence, number) => [sequence, number]));
  out.uint(sequences.length);
  for (const sequence of sequences) out.uint(events.indexOf(taken.get(sequence) as Event));
  out.uint(links.size);
  for (const { step, sequence, previous } of links.keys()) {
    out.uint(step);
    out.uint(numbers.get(sequence) as number);
    out.uint(previous === undefined ? 0 : (links.get(previous) as number) + 1);
  }
  out.double(state.time);
  writeHolders(state, links, out);
}

function writeHolders(state: RunsState, links: ReadonlyMap<Link, number>, out: BinaryWriter): void {
  out.uint(state.runs.length);
  for (const run of state.runs) {
    if (!isRun(run)) {
      out.uint(0);
      continue;
    }
    out.uint((links.get(run.last) as number) + 1);
    out.uint(run.state);
  }
  out.uint(state.completed.length);
  for (const { last, endTime } of state.completed) {
    out.uint(links.get(last) as number);
    out.double(endTime);
  }
}

/** All links with their numbers, previous ones first. */
function collectLinks(state: RunsState): Map<Link, number> {
  const numbers = new Map<Link, number>();
  const add = (last: Link): void => {
    const fresh: Link[] = [];
    for (let at: Link | undefined = last; at !== undefined && !numbers.has(at); at = at.previous) fresh.push(at);
    for (const one of fresh.reverse()) numbers.set(one, numbers.size);
  };
  for (const run of state.runs) if (isRun(run)) add(run.last);
  for (const match of state.completed) add(match.last);
  return numbers;
}

export function readState(from: BinaryReader, events: readonly Event[], version: number): RunsState {
  const taken = repeat(from.uint(), () => events[from.uint()]);
  const links: Link[] = [];
  const linkCount = from.uint();
  for (let i = 0; i < linkCount; i++) {
    const step = from.uint();
    const sequence = from.uint();
    links.push(link(taken[sequence], step, sequence, links[from.uint() - 1]));
  }
  const time = version < 2 ? -Infinity : from.double();
  const firsts = firstLinks(links);
  const runs = repeat(from.uint(), (): Ranked => {
    const last = links[from.uint() - 1];
    if (last === undefined) return START;
    const first = firsts.get(last) as Link;
    return makeRun(from.uint(), last, first.sequence, first.event.time);
  });
  const completed = repeat(from.uint(), (): Completed => {
    const last = links[from.uint()];
    return { first: (firsts.get(last) as Link).sequence, last, endTime: from.double() };
  });
  const state: RunsState = { runs, completed, time, sequence: taken.length, keptEvents: 0, keptBytes: 0, recountAt: 0 };
  measure(state);
  return state;
}

/** The first link of each link's path. */
function firstLinks(links: readonly Link[]): Map<Link, Link> {
  const firsts = new Map<Link, Link>();
  for (const one of links) firsts.set(one, one.previous === undefined ? one : (firsts.get(one.previous) as Link));
  return firsts;
}

function repeat<T>(count: number, read: () => T): T[] {
  const values: T[] = [];
  for (let i = 0; i < count; i++) values.push(read());
  return values;
}
