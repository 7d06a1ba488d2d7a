import { createHash } from 'node:crypto';
import { CelError } from '../../engine/event/cel-error.js';
import type { Event } from '../../engine/event/event.js';
import { explainEdges } from '../../engine/explain/index.js';
import type { Emission, Match, WindowResult } from '../../engine/match/matcher.js';
import { readJson } from '../../engine/event/json-reader.js';
import { ListView, type MatchView, toJsonText } from '../../engine/expr/index.js';
import type { CompiledRule } from '../../engine/rule/compile.js';
import type { Key } from '../../engine/state/key.js';
import type { AlertOutput } from '../ports/outputs.js';

/** An alert ready for the outbox: deterministic but for the time of its detection, which the store adds. */
export function renderAlert(rule: CompiledRule, key: Key, emission: Emission, shadow: boolean): AlertOutput {
  const { definition } = rule;
  const id = alertId(rule, key, emission);
  const view = viewOf(rule, key, emission);
  const title = rule.title(view);
  const fields = Object.fromEntries(rule.alertFields.map(({ name, evaluate }) => [name, orNull(evaluate(view))]));
  const head = {
    id,
    rule: rule.id,
    ruleVersion: rule.version,
    kind: emission.kind,
    severity: definition.severity,
    title: title instanceof CelError ? '' : String(title),
  };
  const startTime = emission.kind === 'window' ? emission.startTime : emission.path[0].event.time;
  const times = { startTime, endTime: emission.endTime, timedOut: emission.kind === 'timeout', shadow };
  const body = Buffer.concat([
    Buffer.from(`${open(head)},"key":${key.json},${open(times).slice(1)},"steps":{`),
    ...(emission.kind === 'window' ? [] : stepParts(rule, emission)),
    Buffer.from(`}${emission.kind === 'window' ? windowMembers(emission) : ''},"fields":${toJsonText(fields)}}`),
  ]);
  const explanation = Buffer.from(JSON.stringify(emission.kind === 'window' ? [] : explain(rule, emission)));
  return {
    id,
    rule: rule.id,
    ruleVersion: rule.version,
    kind: emission.kind,
    severity: definition.severity,
    key: key.json,
    shadow,
    body,
    explanation,
  };
}

/** What the title and the fields of the alert read. */
function viewOf({ definition }: CompiledRule, key: Key, emission: Emission): MatchView {
  const keyValue = readJson(key.json);
  if (emission.kind === 'window') {
    const names = definition.kind === 'window' ? definition.select.map(({ name }) => name) : [];
    return new ListView(() => [], [keyValue, emission.window ?? null, ...names.map((name) => emission.values[name])]);
  }
  const eventsOf = (step: number) => emission.path.filter((taken) => taken.step === step).map((taken) => taken.event);
  return new ListView(eventsOf, [keyValue]);
}

/** `,"window":{…},"values":{…}`; windows of a number of events have no times. */
function windowMembers({ window, values }: WindowResult): string {
  return `${window === undefined ? '' : `,"window":${JSON.stringify(window)}`},"values":${JSON.stringify(values)}`;
}

/** 128 bits over what was matched; the rule's version and texts are no part of it, so a new title doubles nothing. */
function alertId(rule: CompiledRule, key: Key, emission: Emission): string {
  const parts = [rule.id, sha256(rule.definition.canonical), key.id, emission.kind, what(rule, emission)];
  return sha256(JSON.stringify(parts)).slice(0, 32);
}

function what(rule: CompiledRule, emission: Emission): unknown[] {
  if (emission.kind === 'window') return [emission.window?.start ?? null, emission.window?.end ?? null, emission.firing];
  return emission.path.map(({ step, event }) => [rule.stepNames[step], event.id]);
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const orNull = (value: unknown): unknown => (value instanceof CelError ? null : value);

/** JSON of an object without its closing brace. */
const open = (value: object): string => JSON.stringify(value).slice(0, -1);

/** `"step":[event,event],…` with the events' own bytes. */
function stepParts(rule: CompiledRule, match: Match): Uint8Array[] {
  const mode = rule.definition.alert.events;
  if (mode === 'none') return [];
  const bySteps = new Map<number, Event[]>();
  for (const { step, event } of match.path) {
    const events = bySteps.get(step);
    if (events === undefined) bySteps.set(step, [event]);
    else events.push(event);
  }
  const parts: Uint8Array[] = [];
  for (const [step, events] of bySteps) {
    parts.push(Buffer.from(`${parts.length > 0 ? ',' : ''}${JSON.stringify(rule.stepNames[step])}:[`));
    events.forEach((event, i) => {
      if (i > 0) parts.push(Buffer.from(','));
      parts.push(mode === 'full' ? event.raw : Buffer.from(toJsonText(readFields(rule, event))));
    });
    parts.push(Buffer.from(']'));
  }
  return parts;
}

/** The fields of an event that the rule reads. */
function readFields(rule: CompiledRule, event: Event): Record<string, unknown> {
  const fields: [string, unknown][] = [];
  for (const name of rule.fields) {
    const slot = rule.layout.slot(name);
    const value = event.fields[slot] ?? event.decodeSlot(slot);
    if (!(value instanceof CelError)) fields.push([name, value]);
  }
  return Object.fromEntries(fields);
}

/** Why it fired: which step took each event, over which edge of the pattern, when. */
function explain({ edges }: CompiledRule, match: Match): object[] {
  return explainEdges(edges, match.path).map(({ step, taken: { event }, edge, where, waited }) => ({
    step,
    event: event.id,
    edge,
    time: event.time,
    where,
    waited,
  }));
}
