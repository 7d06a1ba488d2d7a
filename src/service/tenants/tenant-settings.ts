import type { Settings } from '../settings/settings.js';

/** What a tenant's part of the service runs with: what is the operator's alone is not there. */
export function tenantSettings(settings: Settings, tenant: string): Settings {
  return {
    ...settings,
    auth: 'on',
    apiKeys: [],
    rulesDir: undefined,
    commandTopic: undefined,
    deployment: `${settings.deployment}.${tenant}`,
  };
}

/** Why a tenant may not use this topic; undefined when it may, and for the operator. */
export function foreignTopic(tenant: string | null, topic: string): string | undefined {
  if (tenant === null || topic.startsWith(`${tenant}.`)) return undefined;
  return `the topics of ${tenant} begin with \`${tenant}.\``;
}
