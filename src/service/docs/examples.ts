import type { ApiResponseOptions } from '@nestjs/swagger';
import { parse } from 'yaml';

/** Examples of the OpenAPI document: one story, card testing, from the stream to the alert. */
export const STREAM_EXAMPLE = {
  name: 'payments',
  id: 'txId',
  time: { field: 'ts', format: 'epochMillis' },
  outOfOrderness: '5s',
  fields: { txId: 'string', cardId: 'string', amount: 'double', country: 'string' },
};

/** In single quotes of a shell it stays as it is. */
export const RULE_YAML_EXAMPLE = `id: card-testing
title: Small test payments, then a large one
severity: high
from: payments
key: cardId
pattern:
  - begin: small
    where: amount < 1
    times: {min: 3}
  - followedBy: large
    where: amount > 500
within: 10m
skip: pastLast
alert: {title: "Card \${key} tested before \${large.amount}"}
`;

export const RULE_EXAMPLE = parse(RULE_YAML_EXAMPLE) as object;

export const EVENTS_EXAMPLE = [
  { txId: 't1', cardId: 'c1', amount: 0.5, country: 'DE', ts: 1767225600000 },
  { txId: 't2', cardId: 'c1', amount: 0.7, country: 'DE', ts: 1767225601000 },
  { txId: 't3', cardId: 'c1', amount: 0.9, country: 'DE', ts: 1767225602000 },
  { txId: 't4', cardId: 'c1', amount: 900, country: 'BR', ts: 1767225603000 },
];

const PLAN_EXAMPLE = {
  representation: 'runs',
  reason: 'each open partial match is kept on its own: `country != first(small).country` looks at earlier events',
  growth: 'polynomial: at most c · n^2 open partial matches for n events of a key, because of `small`; n counts the events of 10m',
};
export const RULE_REPLY_EXAMPLE = { id: 'card-testing', version: 1, status: 'active', plan: PLAN_EXAMPLE, warnings: [] };
export const RULE_VIEW_EXAMPLE = {
  id: 'card-testing',
  version: 1,
  status: 'active',
  file: null,
  rule: RULE_EXAMPLE,
  createdAt: 1767225600000,
};
export const PLAN = PLAN_EXAMPLE;
/** Of small, then large, within 10 minutes. */
export const NFA_EXAMPLE = `stateDiagram-v2
  direction LR
  s2: small
  s1: large
  [*] --> s2
  s2 --> s1: take if amount < 1
  s1 --> [*]: take if amount > 500
  s1 --> s1: ignore otherwise
  note right of s2
    within 10m, first event to last
  end note
`;
export const STATS_EXAMPLE = {
  rule: 'card-testing',
  version: 1,
  status: 'active',
  events: 4,
  alerts: 1,
  suppressed: 0,
  timeouts: 0,
  keys: 1,
  keptEvents: 0,
  conditionErrors: 0,
  conditionErrorSample: null,
  unusableKeys: 0,
  unusableKeySample: null,
  limitReached: 0,
  limitDropped: 0,
  keptEventsReached: 0,
  keptBytesReached: 0,
  matchesPerEventReached: 0,
  watermark: 1767225597999,
  stalled: [],
};

export const ALERT_EXAMPLE = {
  id: '5f0c0d7c3f1b4a0c9a8e2f6d1b7c4e90',
  rule: 'card-testing',
  ruleVersion: 1,
  kind: 'match',
  severity: 'high',
  title: 'Card c1 tested before 900',
  key: 'c1',
  startTime: 1767225600000,
  endTime: 1767225603000,
  timedOut: false,
  shadow: false,
  steps: { small: EVENTS_EXAMPLE.slice(0, 3), large: EVENTS_EXAMPLE.slice(3) },
  fields: {},
  detectedAt: 1767225603120,
};

export const EXPLAINED_ALERT_EXAMPLE = {
  ...ALERT_EXAMPLE,
  explanation: [
    { step: 'small', event: 't1', edge: 'begin', time: 1767225600000, where: 'amount < 1' },
    { step: 'small', event: 't2', edge: 'loop', time: 1767225601000, where: 'amount < 1', waited: 1000 },
    { step: 'small', event: 't3', edge: 'loop', time: 1767225602000, where: 'amount < 1', waited: 1000 },
    { step: 'large', event: 't4', edge: 'followedBy', time: 1767225603000, where: 'amount > 500', waited: 1000 },
  ],
};

/** What `explain: true` adds to a simulation; events by their index. */
export const EXPLANATION_EXAMPLE = {
  matches: [
    {
      key: 'c1',
      events: EXPLAINED_ALERT_EXAMPLE.explanation.map((each, event) => ({ ...each, event })),
      ended: { by: 'lastEvent', time: 1767225603000 },
    },
  ],
  timeouts: [],
  nearMisses: [],
};

/** A problem reply for the OpenAPI document. */
export function problemExample(status: number, code: string, detail: string): ApiResponseOptions {
  return {
    status,
    description: detail,
    content: {
      'application/problem+json': { example: { type: `urn:tripline:problem:${code}`, title: 'Problem', status, detail, code, errors: [] } },
    },
  };
}

/** A JSON reply for the OpenAPI document. */
export function jsonExample(status: number, description: string, example: unknown): ApiResponseOptions {
  return { status, description, content: { 'application/json': { example } } };
}
