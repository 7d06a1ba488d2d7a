import type { JobControl } from '../ports/job-control.js';
import type { Catalog, CatalogRule, ListCatalog } from '../ports/stores.js';
import type { EngineStats } from '../worker/protocol.js';

/**
 * Brings the running job to what the catalog wants: the process, or the engine's thread, may have ended between storing
 * a change and journaling it. Lists and streams first, rules need them.
 */
export async function reconcile(catalog: Catalog, lists: ListCatalog, actual: EngineStats, job: JobControl): Promise<void> {
  const held = new Map(actual.lists.map(({ list, version }) => [list, version]));
  for (const desired of await lists.lists()) if (held.get(desired.list) !== desired.version) await job.listChanged(desired);
  const running = new Map(actual.streams.map(({ stream, version }) => [stream, version]));
  for (const { name, version, deleted } of await catalog.streams()) {
    if (!deleted && running.get(name) !== version) await job.streamChanged(name, version);
  }
  const rules = await catalog.rules();
  const kept = rules.filter(({ status }) => status !== 'retired');
  for (const desired of kept) await settle(desired, actual, job);
  for (const { rule } of actual.rules) if (!kept.some(({ id }) => id === rule)) await job.retireRule(rule);
}

async function settle({ id, version, status }: CatalogRule, actual: EngineStats, job: JobControl): Promise<void> {
  const now = actual.rules.find(({ rule }) => rule === id);
  if (status === 'active' || status === 'shadow') {
    if (now?.version !== version || now.status !== status) await job.activateRule(id, version, status);
  } else if (now !== undefined && status === 'draft') {
    await job.retireRule(id);
  } else if (now !== undefined && now.status !== 'paused') {
    await job.pauseRule(id);
  }
}
