import type { OutboxRow } from '../ports/stores.js';

/**
 * An alert as clients see it. Its stored body is a JSON object whose events are the bytes that came; `detectedAt` is
 * spliced in as text, since parsing and writing again would change numbers and lone surrogates.
 */
export function alertJson({ alert, detectedAt }: OutboxRow, more = ''): string {
  const body = Buffer.from(alert.body.buffer, alert.body.byteOffset, alert.body.byteLength).toString('utf8').trimEnd();
  const members = body.slice(0, -1);
  const comma = members.trimEnd().endsWith('{') ? '' : ',';
  return `${members}${comma}"detectedAt":${detectedAt}${more}}`;
}

/** With why it fired. */
export function explainedAlertJson(row: OutboxRow, more = ''): string {
  const { explanation } = row.alert;
  const text = Buffer.from(explanation.buffer, explanation.byteOffset, explanation.byteLength).toString('utf8');
  return alertJson(row, `,"explanation":${text === '' ? '[]' : text}${more}`);
}

/** A page of ready JSON texts. */
export function pageJson(items: readonly string[], nextCursor: string | null): string {
  return `{"items":[${items.join(',')}],"nextCursor":${JSON.stringify(nextCursor)}}`;
}
