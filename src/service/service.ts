import type { AddressInfo } from 'node:net';
import { isIPv6 } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { ApiKeyRepository } from '../storage/access/api-keys.js';
import { Database, type DatabaseOptions } from '../storage/database.js';
import { startEmbeddedPostgres } from '../storage/embedded/server.js';
import type { RuleFilesService } from './files/rule-files.service.js';
import { startPart } from './part.js';
import { isLoopback } from './settings/readers.js';
import type { Settings } from './settings/settings.js';
import { Teardown } from './teardown.js';
import { ensureTenantDatabase, tenantDatabase } from './tenants/tenant-database.js';
import { routeByTenant, type TenantPart } from './tenants/tenant-router.js';
import { tenantSettings } from './tenants/tenant-settings.js';

/** Connections of a tenant's writers, and of its readers. */
const TENANT_POOL = 4;

/** The whole service in one process: the operator's part, those of the tenants, and the port. */
export class Service {
  private constructor(
    readonly url: string,
    private readonly files: RuleFilesService,
    private readonly teardown: Teardown,
  ) {}

  /**
   * Starts everything and listens. Rejects when a part cannot start; what had started is stopped again then.
   * `onFatal` is called when the service cannot go on: the process must end.
   */
  static async start(settings: Settings, log: Logger, onFatal: (error: Error) => void): Promise<Service> {
    const teardown = new Teardown(log);
    try {
      const { url, files } = await startParts(settings, log, onFatal, teardown);
      return new Service(url, files, teardown);
    } catch (error) {
      await teardown.run();
      throw error;
    }
  }

  /** Reads the files of rules and streams again. */
  reload(): Promise<void> {
    return this.files.sync();
  }

  /** Takes no more, works off what is under way, checkpoints, closes everything. */
  async stop(): Promise<void> {
    await this.teardown.run();
  }
}

/** Opens the databases, starts a part on each, and listens. */
async function startParts(
  settings: Settings,
  log: Logger,
  onFatal: (error: Error) => void,
  teardown: Teardown,
): Promise<{ url: string; files: RuleFilesService }> {
  const url = await databaseUrl(settings, log, teardown);
  const database = await openDatabase({ url, log }, teardown);
  await refuseExposure(settings, new ApiKeyRepository(database));
  const { app, files } = await startPart({ tenant: null, settings, database, log, onFatal, teardown });
  const parts: TenantPart[] = [];
  for (const tenant of settings.tenants) {
    const own = { tenant, settings: tenantSettings(settings, tenant), log: log.child({ tenant }), onFatal, teardown };
    await ensureTenantDatabase(url, tenant);
    const options = { url: tenantDatabase(url, tenant), log: own.log, poolSize: TENANT_POOL };
    parts.push({ tenant, ...(await startPart({ ...own, database: await openDatabase(options, teardown) })) });
  }
  if (parts.length > 0) routeByTenant(app, parts, settings.oidcTenantClaim);
  await app.listen(settings.port, settings.host);
  return { url: addressOf(app), files };
}

/** The database of the settings; the embedded one is started for it. */
async function databaseUrl({ databaseUrl: url, dataDir }: Settings, log: Logger, teardown: Teardown): Promise<string> {
  if (url !== undefined) return url;
  const embedded = await startEmbeddedPostgres({ dataDir, log });
  teardown.add('stopping PostgreSQL', () => embedded.stop());
  return embedded.url;
}

async function openDatabase(options: DatabaseOptions, teardown: Teardown): Promise<Database> {
  const database = await Database.open(options);
  teardown.add('closing the database', () => database.close());
  return database;
}

/** Throws when everybody on the network could do everything. */
async function refuseExposure({ host, apiKeys, oidcIssuer, auth }: Settings, stored: ApiKeyRepository): Promise<void> {
  if (isLoopback(host) || apiKeys.length > 0 || oidcIssuer !== undefined || auth === 'off') return;
  if ((await stored.list()).length > 0) return;
  const ways = '`tripline keys create`, TRIPLINE_API_KEYS (name:role:key,…), TRIPLINE_OIDC_ISSUER, or TRIPLINE_AUTH=off';
  throw new Error(`HOST=${host}: listening on anything but loopback needs keys: ${ways}`);
}

function addressOf(app: NestFastifyApplication): string {
  const { address, port } = app.getHttpServer().address() as AddressInfo;
  const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '[::1]' : isIPv6(address) ? `[${address}]` : address;
  return `http://${host}:${port}`;
}
