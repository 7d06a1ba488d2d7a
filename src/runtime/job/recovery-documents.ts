import type { ListVersion } from '../../engine/expr/index.js';
import type { Catalog, ListCatalog, RecoveryPoint } from '../ports/stores.js';
import type { TaskMeta } from '../task/task-meta.js';
import type { Document } from '../worker/protocol.js';

/** The documents that a checkpoint and the journal after it name. */
export async function documentsFor(catalog: Catalog, lists: ListCatalog, point: RecoveryPoint): Promise<Document[]> {
  const { checkpoint, journal } = point;
  const meta = checkpoint === undefined ? undefined : (JSON.parse(checkpoint.meta) as TaskMeta);
  return [...(await rulesAndStreams(catalog, meta, journal)), ...(await listDocuments(lists, meta, journal))];
}

async function rulesAndStreams(catalog: Catalog, meta: TaskMeta | undefined, journal: RecoveryPoint['journal']): Promise<Document[]> {
  const rules = new Map<string, { id: string; version: number }>();
  const streams = new Map<string, { id: string; version: number }>();
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

/** A list's versions, each from the one before it; the checkpoint's from nothing. */
async function listDocuments(lists: ListCatalog, meta: TaskMeta | undefined, journal: RecoveryPoint['journal']): Promise<Document[]> {
  const changed = journal.flatMap(({ payload }) => (payload.kind === 'list-changed' ? [payload] : []));
  const before = new Map<string, ListVersion>();
  const documents: Document[] = [];
  for (const { list, version, deleted } of [...(meta?.lists ?? []), ...changed]) {
    documents.push(await listDocument(lists, before.get(list), { list, version, deleted }));
    before.set(list, { list, version, deleted });
  }
  return documents;
}

export async function listDocument(lists: ListCatalog, before: ListVersion | undefined, to: ListVersion): Promise<Document> {
  const since = before === undefined || before.deleted ? undefined : before.version;
  const entries = to.deleted ? { put: [], removed: [] } : await lists.update(to.list, since, to.version);
  return { kind: 'list', id: to.list, version: to.version, document: { ...to, ...entries } };
}

function known<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new Error(`the journal names ${what}, which the catalog does not hold`);
  return found;
}
