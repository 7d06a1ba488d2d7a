import { Inject, Injectable } from '@nestjs/common';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { DomainError } from '../errors/domain-error.js';
import { type Role, ROLES } from '../settings/api-keys.js';
import type { Settings } from '../settings/settings.js';
import { SETTINGS, TENANT } from '../tokens.js';
import type { Principal } from './access.js';

/** Only signatures that the provider alone can make: with a shared secret every reader of it could. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
/** How far the clocks of provider and service may differ, s. */
const CLOCK_TOLERANCE_S = 30;
const DISCOVERY_TIMEOUT_MS = 5_000;
const TOKEN = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** Checks bearer tokens (JWT, RFC 7519) of the OpenID Connect provider in the settings; its keys are fetched once and when a new one signs. */
@Injectable()
export class TokenVerifier {
  #keys: Promise<JWTVerifyGetKey> | undefined;

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(TENANT) private readonly tenant: string | null,
  ) {}

  /** Whose token it is; undefined without a provider, or for a text that is no token. Throws DomainError for one that does not hold. */
  async verify(token: string): Promise<Principal | undefined> {
    const { oidcIssuer: issuer, oidcAudience: audience, oidcRoleClaim, oidcTenantClaim } = this.settings;
    if (issuer === undefined || !TOKEN.test(token)) return undefined;
    const keys = await this.#provider(issuer);
    try {
      const options = { issuer, audience, algorithms: ALGORITHMS, clockTolerance: CLOCK_TOLERANCE_S, requiredClaims: ['sub', 'exp'] };
      const { payload } = await jwtVerify(token, keys, options);
      if ((claimAt(payload, oidcTenantClaim) ?? null) !== this.tenant)
        throw new DomainError('unauthenticated', 'invalid-token', 'the token is of another tenant');
      return { kind: 'token', name: payload.sub!, id: null, role: roleOf(payload, oidcRoleClaim) };
    } catch (error) {
      throw refusal(error);
    }
  }

  async #provider(issuer: string): Promise<JWTVerifyGetKey> {
    this.#keys ??= discover(issuer);
    try {
      return await this.#keys;
    } catch (error) {
      this.#keys = undefined;
      throw unreachable(error);
    }
  }
}

/** OpenID Connect Discovery 1.0: the provider says where its keys are. */
async function discover(issuer: string): Promise<JWTVerifyGetKey> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(address, { signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS), redirect: 'error' });
  if (!response.ok) throw new Error(`${address} answers ${response.status}`);
  const told = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
  if (told.issuer !== issuer) throw new Error(`${address} is of another issuer`);
  return createRemoteJWKSet(new URL(String(told.jwks_uri)), { timeoutDuration: DISCOVERY_TIMEOUT_MS });
}

/** The value of a claim by its dotted path: `realm_access.roles`. */
export function claimAt(payload: JWTPayload, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], payload);
}

/** The strongest role among those the claim names. */
function roleOf(payload: JWTPayload, claim: string): Role {
  const value = claimAt(payload, claim);
  const role = ROLES.findLast((one) => [value].flat().includes(one));
  if (role !== undefined) return role;
  throw new DomainError('forbidden', 'token-without-role', `the token's claim ${claim} names none of ${ROLES.join(', ')}`);
}

function refusal(error: unknown): Error {
  if (error instanceof DomainError) return error;
  if (error instanceof errors.JWTExpired) return new DomainError('unauthenticated', 'expired-token', 'the token has expired');
  const away = !(error instanceof errors.JOSEError) || error instanceof errors.JWKSTimeout || error.code === 'ERR_JOSE_GENERIC';
  return away ? unreachable(error) : new DomainError('unauthenticated', 'invalid-token', `the token does not hold: ${error.message}`);
}

function unreachable(error: unknown): DomainError {
  const detail = `the identity provider cannot be asked for its keys: ${(error as Error).message}`;
  return new DomainError('unavailable', 'identity-provider-unreachable', detail, { retryAfter: 5 });
}
