import type { Message } from 'kafkajs';
import { alertJson } from '../../runtime/alerts/alert-json.js';
import type { OutboxRow } from '../../runtime/ports/stores.js';

/** An alert as a record: JSON; key = the rule's key, headers tell id, rule, version, severity. */
export function alertMessage(row: OutboxRow): Message {
  const { id, rule, ruleVersion, severity, kind, key } = row.alert;
  return {
    key: recordKey(key),
    value: alertJson(row),
    headers: { 'alert-id': id, rule, 'rule-version': String(ruleVersion), severity, kind },
  };
}

/** A text key as it is, others as JSON, none for a rule without key. */
function recordKey(json: string): string | null {
  const key = JSON.parse(json) as unknown;
  return key === null ? null : typeof key === 'string' ? key : json;
}
