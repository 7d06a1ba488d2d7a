import type { Catalog, RecoveryPoint } from '../ports/stores.js';
import type { TaskMeta } from '../task/task-meta.js';
import type { Document } from '../worker/protocol.js';

/** The rule and stream documents that a checkpoint and the journal after it name. */
export async function documentsFor(catalog: Catalog, { checkpoint, journal }: RecoveryPoint): Promise<Document[]> {
  const rules = new Map<string, { id: string; version: number }>();
  const streams = new Map<string, { id: string; version: number }>();
  const meta = checkpoint === undefined ? undefined : (JSON.parse(checkpoint.meta) as TaskMeta);
  for (const { rule, version } of meta?.rules ?? []) rules.set(`${rule}@${version}`, { id: rule, version });
  for (const { name, version } of meta?.streams ?? []) streams.set(`${name}@${version}`, { id: name, version });
  for (const { payload } of journal) {
    if (payload.kind === 'rule-activated') rules.set(`${payload.rule}@${payload.version}`, { id: payload.rule, version: payload.version });
    if (payload.kind === 'stream-changed')
      streams.set(`${payload.stream}@${payload.version}`, { id: payload.stream, version: payload.version });
  }
  const documents: Document[] = [];
  for (const { id, version } of streams.values())
    documents.push({ kind: 'stream', id, version, document: known(await catalog.stream(id, version), `stream ${id}@${version}`).document });
  for (const { id, version } of rules.values())
    documents.push({ kind: 'rule', id, version, document: known(await catalog.rule(id, version), `rule ${id}@${version}`).document });
  return documents;
}

function known<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new Error(`the journal names ${what}, which the catalog does not hold`);
  return found;
}
