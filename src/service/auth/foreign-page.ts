import type { FastifyRequest } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import { isLoopback } from '../settings/readers.js';
import type { Settings } from '../settings/settings.js';

/**
 * Where nobody is asked for a key, a page of the web that somebody on this machine has open must not be able to call:
 * neither from another origin, nor under a name of its own that it lets lead here (DNS rebinding).
 */
export function refuseForeignPage({ headers }: FastifyRequest, { host, corsOrigins }: Settings): void {
  const here = headers.host ?? '';
  if (isLoopback(host) && !isLoopback(hostnameOf(`http://${here}`)))
    throw new DomainError('forbidden', 'foreign-host', `without keys calls come to ${host} by its address or as localhost, not as ${here}`);
  const { origin } = headers;
  if (origin === undefined || corsOrigins.includes(origin) || corsOrigins.includes('*')) return;
  if (!URL.canParse(origin) || new URL(origin).host !== here)
    throw new DomainError('forbidden', 'foreign-origin', `without keys pages of ${origin} may not call; TRIPLINE_CORS_ORIGINS allows them`);
}

function hostnameOf(address: string): string {
  return URL.canParse(address) ? new URL(address).hostname : '';
}
