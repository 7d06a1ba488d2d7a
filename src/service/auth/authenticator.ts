import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import { isLoopback } from '../settings/readers.js';
import type { Settings } from '../settings/settings.js';
import { SETTINGS, TENANT } from '../tokens.js';
import type { Principal } from './access.js';
import { keyHash } from './api-key.js';
import { refuseForeignPage } from './foreign-page.js';
import { KeyRing } from './key-ring.js';
import { TokenVerifier } from './token-verifier.js';

/** How often the caller of a stream that goes on is looked at again, ms. */
const LOOK_AGAIN_MS = 5_000;
const ANYBODY: Principal = { kind: 'anyone', name: 'anyone', id: null, role: 'admin' };

/** Finds out who calls: by a key of the settings, a stored key, or a bearer token of the identity provider. */
@Injectable()
export class Authenticator {
  readonly #configured: readonly { readonly holder: Principal; readonly hash: Buffer }[];

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(KeyRing) private readonly stored: KeyRing,
    @Inject(TokenVerifier) private readonly tokens: TokenVerifier,
    @Inject(TENANT) private readonly tenant: string | null,
  ) {
    this.#configured = settings.apiKeys.map(({ name, role, key }) => ({
      holder: { kind: 'key', name, id: null, role },
      hash: keyHash(key),
    }));
  }

  /** Throws DomainError for a caller who is not known, or for a foreign page where nobody needs to be. */
  async authenticate(request: FastifyRequest): Promise<Principal> {
    if (await this.#open()) {
      refuseForeignPage(request, this.settings);
      return ANYBODY;
    }
    const given = givenKey(request.headers);
    if (given === undefined)
      throw new DomainError('unauthenticated', 'missing-api-key', 'send an API key as `Authorization: Bearer <key>` or `X-Api-Key: <key>`');
    const found = this.#holder(given) ?? (await this.stored.find(given)) ?? (await this.tokens.verify(given));
    if (found === undefined) throw new DomainError('unauthenticated', 'unknown-api-key', 'the API key is not known');
    return found;
  }

  /** Fires when the caller of a stream that goes on is let in no more: their key was revoked, or key or token is over. */
  letOut(request: FastifyRequest, response: ServerResponse): AbortSignal {
    const out = new AbortController();
    const refused = (error: unknown) => error instanceof DomainError && error.kind === 'unauthenticated' && out.abort();
    const look = setInterval(() => void this.authenticate(request).catch(refused), LOOK_AGAIN_MS).unref();
    response.once('close', () => clearInterval(look));
    return out.signal;
  }

  /** Nobody is asked for a key: by a setting, or on this machine alone as long as no key was ever made. */
  async #open(): Promise<boolean> {
    const { auth, apiKeys, host, oidcIssuer } = this.settings;
    if (this.tenant !== null) return false;
    if (auth === 'off') return true;
    return isLoopback(host) && apiKeys.length === 0 && oidcIssuer === undefined && !(await this.stored.hasAny());
  }

  #holder(given: string): Principal | undefined {
    const hash = keyHash(given);
    return this.#configured.find((key) => timingSafeEqual(key.hash, hash))?.holder;
  }
}

/** The key or token that a request brings. */
export function givenKey(headers: IncomingHttpHeaders): string | undefined {
  const header = headers['x-api-key'];
  if (typeof header === 'string') return header;
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}
