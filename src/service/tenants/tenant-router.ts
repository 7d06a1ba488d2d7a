import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { decodeJwt } from 'jose';
import { keyId } from '../auth/api-key.js';
import { givenKey } from '../auth/authenticator.js';
import { KeyRing } from '../auth/key-ring.js';
import { claimAt } from '../auth/token-verifier.js';

/** A tenant's part of the service: all of it but the port. */
export interface TenantPart {
  readonly tenant: string;
  readonly app: NestFastifyApplication;
}

/**
 * Hands each request to the part that its key or token belongs to; one that names no tenant stays with the operator's.
 * This only chooses a door: whether the key or token holds is for the guard behind it, which knows no others.
 */
export function routeByTenant(operator: NestFastifyApplication, parts: readonly TenantPart[], tenantClaim: string): void {
  const server = operator.getHttpServer();
  const own = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', async (request, response) => {
    const part = await partOf(request.headers, parts, tenantClaim);
    if (part === undefined) for (const listener of own) listener(request, response);
    else part.app.getHttpServer().emit('request', request, response);
  });
}

async function partOf(headers: IncomingHttpHeaders, parts: readonly TenantPart[], tenantClaim: string): Promise<TenantPart | undefined> {
  const given = givenKey(headers);
  if (given === undefined) return undefined;
  const id = keyId(given);
  if (id === undefined) return parts.find(({ tenant }) => tenant === claimedTenant(given, tenantClaim));
  for (const part of parts) if (await part.app.get(KeyRing).knows(id)) return part;
  return undefined;
}

function claimedTenant(token: string, claim: string): unknown {
  try {
    return claimAt(decodeJwt(token), claim);
  } catch {
    return undefined;
  }
}
