import { alertJson } from '../../runtime/alerts/alert-json.js';
import type { OutboxRow } from '../../runtime/ports/stores.js';

export const TEMPLATES = ['json', 'slack', 'teams', 'pagerduty'] as const;
export type Template = (typeof TEMPLATES)[number];

interface AlertText {
  readonly id: string;
  readonly rule: string;
  readonly severity: string;
  readonly title: string;
  readonly key: unknown;
  readonly endTime: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What PagerDuty calls severities. */
const PAGERDUTY_SEVERITY: Readonly<Record<string, string>> = {
  info: 'info',
  low: 'info',
  medium: 'warning',
  high: 'error',
  critical: 'critical',
};

/** The body of a request for an alert; `routingKey` is PagerDuty's. */
export function bodyOf(row: OutboxRow, template: Template, routingKey?: string): string {
  const json = alertJson(row);
  if (template === 'json') return json;
  const alert = JSON.parse(json) as AlertText;
  switch (template) {
    case 'slack':
      return JSON.stringify(slack(alert));
    case 'teams':
      return JSON.stringify(teams(alert));
    case 'pagerduty':
      return JSON.stringify(pagerduty(alert, routingKey));
  }
}

/** Slack's incoming webhooks; its mark-up needs three characters escaped. */
function slack(alert: AlertText): object {
  const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const facts = factsOf(alert).map(([name, value]) => ({ type: 'mrkdwn', text: `*${escape(name)}*\n${escape(value)}` }));
  const text = escape(`[${alert.severity}] ${alert.title}`);
  return {
    text,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: `*${text}*` } },
      { type: 'section', fields: facts.slice(0, 10) },
    ],
  };
}

/** An adaptive card, as Teams' workflows take it. */
function teams(alert: AlertText): object {
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      { type: 'TextBlock', size: 'Medium', weight: 'Bolder', wrap: true, text: `[${alert.severity}] ${alert.title}` },
      { type: 'FactSet', facts: factsOf(alert).map(([title, value]) => ({ title, value })) },
    ],
  };
  return { type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content }] };
}

/** PagerDuty's Events API version 2. The alert's id keeps repeated deliveries one incident. */
function pagerduty(alert: AlertText, routingKey: string | undefined): object {
  return {
    routing_key: routingKey,
    event_action: 'trigger',
    dedup_key: alert.id,
    payload: {
      summary: alert.title.slice(0, 1024),
      source: 'tripline',
      severity: PAGERDUTY_SEVERITY[alert.severity] ?? 'error',
      timestamp: new Date(alert.endTime).toISOString(),
      component: alert.rule,
      custom_details: { key: alert.key, ...alert.fields },
    },
  };
}

function factsOf({ rule, key, endTime, fields }: AlertText): [string, string][] {
  const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const own = Object.entries(fields).map(([name, value]): [string, string] => [name, shown(value)]);
  return [
    ['rule', rule],
    ...(key === null ? [] : [['key', shown(key)] as [string, string]]),
    ['time', new Date(endTime).toISOString()],
    ...own,
  ];
}
