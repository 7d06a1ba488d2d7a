import type { JobControl } from '../ports/job-control.js';
import type { Catalog, CatalogRule } from '../ports/stores.js';
import type { EngineStats } from '../worker/protocol.js';

/**
 * Brings the running job to what the catalog wants: a crash may have come between storing a change and
 * journaling it. Streams first, rules need them.
 */
export async function reconcile(catalog: Catalog, actual: EngineStats, job: JobControl): Promise<void> {
  const running = new Set(actual.streams.map(({ stream }) => stream));
  for (const { name, version, deleted } of await catalog.streams()) {
    if (!deleted && !running.has(name)) await job.streamChanged(name, version);
  }
  const rules = await catalog.rules();
  for (const desired of rules) await settle(desired, actual, job);
  for (const { rule } of actual.rules) if (!rules.some(({ id, status }) => id === rule && status !== 'retired')) await job.retireRule(rule);
}

async function settle({ id, version, status }: CatalogRule, actual: EngineStats, job: JobControl): Promise<void> {
  const now = actual.rules.find(({ rule }) => rule === id);
  if (status === 'active' || status === 'shadow') {
    if (now?.version !== version || now.status !== status) await job.activateRule(id, version, status);
  } else if (status === 'paused' && now !== undefined && now.status !== 'paused') {
    await job.pauseRule(id);
  }
}
