import { createHash, timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Inject, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import { type ApiKey, type Role, roleIncludes } from '../settings/api-keys.js';
import type { Settings } from '../settings/settings.js';
import { SETTINGS } from '../tokens.js';

const NEEDED_ROLE = 'tripline:role';

/** The least role that may call. Routes without it are open to all: health and documentation. */
export const Needs = (role: Role) => SetMetadata(NEEDED_ROLE, role);

/** Asks for an API key (`Authorization: Bearer …` or `X-Api-Key`) wherever keys are set. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  readonly #keys: readonly { readonly holder: ApiKey; readonly hash: Buffer }[];
  readonly #off: boolean;

  constructor(
    @Inject(SETTINGS) settings: Settings,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {
    this.#off = settings.auth === 'off' || settings.apiKeys.length === 0;
    this.#keys = settings.apiKeys.map((holder) => ({ holder, hash: sha256(holder.key) }));
  }

  canActivate(context: ExecutionContext): boolean {
    const needed = this.reflector.getAllAndOverride<Role | undefined>(NEEDED_ROLE, [context.getHandler(), context.getClass()]);
    if (this.#off || needed === undefined) return true;
    const given = givenKey(context.switchToHttp().getRequest<FastifyRequest>());
    if (given === undefined)
      throw new DomainError('unauthenticated', 'missing-api-key', 'send an API key as `Authorization: Bearer <key>` or `X-Api-Key: <key>`');
    const hash = sha256(given);
    const found = this.#keys.find((key) => timingSafeEqual(key.hash, hash));
    if (found === undefined) throw new DomainError('unauthenticated', 'unknown-api-key', 'the API key is not known');
    if (roleIncludes(found.holder.role, needed)) return true;
    throw new DomainError('forbidden', 'role-too-weak', `this needs the role ${needed}; ${found.holder.name} is ${found.holder.role}`);
  }
}

/** Comparing hashes takes the same time wherever two keys differ. */
function sha256(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

function givenKey({ headers }: FastifyRequest): string | undefined {
  const header = headers['x-api-key'];
  if (typeof header === 'string') return header;
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}
