/**
 * A key as bytes: what each rule holds of it, and each event once for all of them.
 *   format · states: count, each (rule's number, representation, version, flags, [suppressedUntil], deadline, kept)
 *   events · a body of each state that is not empty, which names events by number
 * The heads of the states are looked at when the key is restored; the rest when the key is needed.
 */
import type { Event } from '../../event/event.js';
import { BinaryReader, BinaryWriter } from '../../state/binary.js';
import type { StateRepresentation } from '../matcher.js';
import { EventCollector, readEvents } from './event-codec.js';
import type { HostedRule } from './hosted-rule.js';
import { RuleState, RulesEntry } from './rules-entry.js';

/** 1 held one rule, without its number, 2 the id of each event: never released. */
const FORMAT = 3;
const COOL_DOWN = 1;
/** Nothing is open: there is no body. */
const EMPTY = 2;

/** By their number in snapshots: only ever appended to. */
const REPRESENTATIONS: readonly StateRepresentation[] = ['runs', 'compact', 'grouped', 'panes', 'session', 'count'];

/** What stands of a state before the events. */
interface StateHead {
  readonly rule: number;
  readonly representation: StateRepresentation | undefined;
  readonly version: number;
  readonly isEmpty: boolean;
  readonly suppressedUntil: number;
  readonly deadline: number;
  readonly kept: number;
}

export class EntryCodec {
  readonly #body = new BinaryWriter();
  readonly #bodies = new BinaryWriter();

  constructor(
    /** By number. A state of a number that is not among them is of a rule that is gone. */
    readonly rules: ReadonlyMap<number, HostedRule>,
  ) {}

  write({ encoded, states, deadlines }: RulesEntry, out: BinaryWriter): void {
    if (encoded !== undefined) return out.raw(encoded.rest());
    const events = new EventCollector();
    this.#bodies.reset();
    out.uint(FORMAT);
    out.uint(states.length);
    for (let i = 0; i < states.length; i++) this.#writeState(states[i], deadlines[i], events, out);
    events.write(out);
    out.raw(this.#bodies.view());
  }

  /** Decodes nothing. */
  read(id: string, from: BinaryReader): RulesEntry {
    const entry = new RulesEntry(id);
    entry.encoded = from;
    return entry;
  }

  /** When a rule is to look at the key, epoch ms; Infinity: never. No more than the heads is decoded for it. */
  earliestOf(entry: RulesEntry): number {
    if (entry.encoded === undefined) return entry.earliest;
    const known = this.#knownHeads(entry);
    // A key of which no rule is left is met as soon as time moves, and forgotten.
    return known.length === 0 ? 0 : Math.min(...known.map(({ deadline }) => deadline));
  }

  /** The key came out of a snapshot: its rules count it. */
  count(entry: RulesEntry): void {
    for (const { of, kept } of this.#knownHeads(entry)) of.count(1, kept);
  }

  /** The key has gone as a whole. */
  uncount(entry: RulesEntry): void {
    const states: readonly { of: HostedRule; kept: number }[] = entry.encoded === undefined ? entry.states : this.#knownHeads(entry);
    for (const { of, kept } of states) of.count(-1, -kept);
  }

  /** Whether the rule has a state of the key; nothing more is decoded for it. */
  holds(entry: RulesEntry, rule: HostedRule): boolean {
    return entry.encoded === undefined ? entry.find(rule) >= 0 : this.#knownHeads(entry).some(({ of }) => of === rule);
  }

  /** Makes the key's states what they were when it was written. @throws Error for what this release cannot read */
  decode(entry: RulesEntry): void {
    const from = entry.encoded;
    if (from === undefined) return;
    entry.encoded = undefined;
    const heads = readHeads(from);
    const layout = heads.map(({ rule }) => this.rules.get(rule)?.rule.layout).find((known) => known !== undefined);
    if (layout === undefined) return;
    const events = readEvents(from, layout);
    for (const head of heads) {
      const body = head.isEmpty ? undefined : from.part();
      const of = this.rules.get(head.rule);
      if (of !== undefined) entry.put(readState(of, head, body, events), head.deadline);
    }
  }

  #writeState({ of, state, suppressedUntil, kept }: RuleState, deadline: number, events: EventCollector, out: BinaryWriter): void {
    const { matcher } = of.rule;
    const isEmpty = matcher.isEmpty(state);
    out.uint(of.number);
    out.byte(REPRESENTATIONS.indexOf(matcher.representation));
    out.uint(matcher.stateVersion);
    out.byte((isEmpty ? EMPTY : 0) | (suppressedUntil === -Infinity ? 0 : COOL_DOWN));
    if (suppressedUntil !== -Infinity) out.double(suppressedUntil);
    out.double(deadline);
    out.uint(kept);
    if (isEmpty) return;
    this.#body.reset();
    matcher.write(state, this.#body, events);
    this.#bodies.bytes(this.#body.view());
  }

  #knownHeads({ encoded }: RulesEntry): { of: HostedRule; deadline: number; kept: number }[] {
    return readHeads(new BinaryReader((encoded as BinaryReader).rest())).flatMap(({ rule, deadline, kept }) => {
      const of = this.rules.get(rule);
      return of === undefined ? [] : [{ of, deadline, kept }];
    });
  }
}

function readHeads(from: BinaryReader): StateHead[] {
  const format = from.uint();
  if (format !== FORMAT) throw new Error(`the state of a key has format ${format}; this release reads ${FORMAT}`);
  return Array.from({ length: from.uint() }, () => {
    const [rule, representation, version, flags] = [from.uint(), from.byte(), from.uint(), from.byte()];
    return {
      rule,
      representation: REPRESENTATIONS.at(representation),
      version,
      isEmpty: (flags & EMPTY) !== 0,
      suppressedUntil: (flags & COOL_DOWN) === 0 ? -Infinity : from.double(),
      deadline: from.double(),
      kept: from.uint(),
    };
  });
}

function readState(of: HostedRule, head: StateHead, body: BinaryReader | undefined, events: readonly Event[]): RuleState {
  const { id, matcher } = of.rule;
  const written = `the state of rule "${id}" is written as ${head.representation ?? 'a representation unknown here'}, version ${head.version}`;
  if (head.representation !== matcher.representation)
    throw new Error(`${written}; this release keeps the rule as ${matcher.representation}`);
  if (head.version > matcher.stateVersion) throw new Error(`${written}; this release reads up to version ${matcher.stateVersion}`);
  const state = new RuleState(of, body === undefined ? matcher.createState() : matcher.read(body, events, head.version));
  state.suppressedUntil = head.suppressedUntil;
  state.kept = head.kept;
  return state;
}
