import { Fields, Findings, isObject } from '../engine/problem/fields.js';
import { type Problem, shown } from '../engine/problem/problem.js';
import { TEMPLATES, type Template } from './webhook/bodies.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Made by the connection or by what is sent (RFC 9110, 9112). */
const OWN_HEADERS = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const DELIVERIES = ['atMostOnce', 'atLeastOnce', 'exactlyOnce'] as const;
const DEFAULT_TIMEOUT_MS = 10_000;
/** Stands for a secret in what is shown. */
export const HIDDEN = '***';

/** A checked sink document. */
export interface SinkDefinition {
  readonly name: string;
  readonly delivery: (typeof DELIVERIES)[number];
  readonly target: KafkaTarget | WebhookTarget;
}

export interface KafkaTarget {
  readonly kind: 'kafka';
  readonly topic: string;
}

export interface WebhookTarget {
  readonly kind: 'webhook';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly secret?: string;
  readonly template: Template;
  readonly routingKey?: string;
  readonly timeoutMs: number;
}

/** Checks a parsed sink document; all problems at once, `sink` only when there are none. */
export function readSink(value: unknown, name: string): { readonly sink?: SinkDefinition; readonly problems: readonly Problem[] } {
  const findings = new Findings();
  const fields = Fields.of(value, '', findings, ['name', 'kafka', 'webhook', 'delivery']);
  if (fields === undefined) return { problems: findings.problems };
  checkName(fields, name);
  const delivery = fields.oneOf('delivery', DELIVERIES) ?? 'atLeastOnce';
  const target = readTarget(fields);
  if (delivery === 'exactlyOnce' && target?.kind === 'webhook') {
    const expected = 'atMostOnce or atLeastOnce';
    findings.problem('unsupported-delivery', fields.at('delivery'), 'a webhook takes alerts at most or at least once', {
      found: delivery,
      expected,
    });
  }
  if (findings.problems.length > 0 || target === undefined) return { problems: findings.problems };
  return { sink: { name, delivery, target }, problems: [] };
}

/** The document without its secrets. */
export function withoutSecrets(document: unknown): unknown {
  if (!isObject(document) || !isObject(document.webhook)) return document;
  const { headers, ...webhook } = document.webhook;
  const hidden = Object.fromEntries(['secret', 'routingKey'].flatMap((key) => (Object.hasOwn(webhook, key) ? [[key, HIDDEN]] : [])));
  const names = isObject(headers) ? { headers: Object.fromEntries(Object.keys(headers).map((name) => [name, HIDDEN])) } : {};
  return { ...document, webhook: { ...webhook, ...names, ...hidden } };
}

function checkName(fields: Fields, name: string): void {
  const { findings } = fields;
  if (!NAME.test(name)) {
    const expected = 'letters, digits, `.`, `_` and `-`, at most 100';
    findings.problem('invalid-name', fields.at('name'), `\`${name}\` cannot name a sink`, { found: shown(name), expected });
  }
  const own = fields.text('name');
  if (own !== undefined && own !== name) {
    const message = `the document names the sink \`${own}\`, the address \`${name}\``;
    findings.problem('name-mismatch', fields.at('name'), message, { found: shown(own), expected: shown(name) });
  }
}

function readTarget(fields: Fields): SinkDefinition['target'] | undefined {
  const expected = '`kafka` or `webhook`';
  if (fields.has('kafka') === fields.has('webhook')) {
    return fields.findings.problem('sink-target', fields.pointer, 'a sink leads to one target', { expected });
  }
  if (fields.has('webhook')) return readWebhook(fields);
  const topic = fields.nested('kafka', ['topic'])?.requiredText('topic', 'the name of a topic');
  return topic === undefined ? undefined : { kind: 'kafka', topic };
}

function readWebhook(fields: Fields): WebhookTarget | undefined {
  const webhook = fields.nested('webhook', ['url', 'headers', 'secret', 'template', 'routingKey', 'timeout']);
  const url = webhook?.requiredText('url', 'an http or https address');
  if (webhook === undefined || url === undefined) return undefined;
  checkUrl(webhook, url);
  const template = webhook.oneOf('template', TEMPLATES) ?? 'json';
  const routingKey = secretText(webhook, 'routingKey');
  if (template === 'pagerduty' && routingKey === undefined && !webhook.has('routingKey'))
    webhook.missing('routingKey', "the integration's key of PagerDuty");
  const timeoutMs = webhook.duration('timeout', 1) ?? DEFAULT_TIMEOUT_MS;
  return { kind: 'webhook', url, headers: readHeaders(webhook), secret: secretText(webhook, 'secret'), template, routingKey, timeoutMs };
}

function checkUrl(webhook: Fields, url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const place = webhook.at('url');
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    webhook.findings.problem('invalid-value', place, '`url` is no http or https address', { found: shown(url), expected: 'https://…' });
  } else if (parsed.username !== '' || parsed.password !== '') {
    // It would be shown to everybody who may see sinks.
    const expected = 'an address without a name and a password; `headers: {Authorization: …}` takes them';
    webhook.findings.problem('invalid-value', place, '`url` holds a name or a password', { expected });
  }
}

function secretText(webhook: Fields, key: string): string | undefined {
  const value = webhook.text(key);
  if (value !== HIDDEN) return value;
  return webhook.findings.problem('invalid-value', webhook.at(key), `\`${key}\` is what is shown instead of the secret`, {
    expected: 'the secret',
  });
}

function readHeaders(webhook: Fields): Record<string, string> {
  const names = Object.keys(Object(webhook.get('headers')));
  const headers = webhook.nested('headers', names);
  const found: Record<string, string> = {};
  for (const name of headers === undefined ? [] : names) {
    const value = secretText(headers!, name);
    if (!TOKEN.test(name) || (value !== undefined && /[^\t\x20-\x7e]/.test(value)))
      webhook.findings.problem('invalid-value', headers!.at(name), `\`${name}\` is no header`, { expected: 'a header of RFC 9110' });
    else if (OWN_HEADERS.has(name.toLowerCase()))
      webhook.findings.problem('invalid-value', headers!.at(name), `\`${name}\` is set by Tripline`, { expected: 'another header' });
    else if (value !== undefined) found[name.toLowerCase()] = value;
  }
  return found;
}
