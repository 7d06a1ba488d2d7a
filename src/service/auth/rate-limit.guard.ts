import { performance } from 'node:perf_hooks';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import type { Settings } from '../settings/settings.js';
import { SETTINGS } from '../tokens.js';
import { callerOf } from './access.js';
import { TokenBuckets } from './token-buckets.js';

/**
 * Bounds the requests of each key and of each token's subject. Says in every answer how many are left
 * (draft-ietf-httpapi-ratelimit-headers). Where no keys are asked for nobody is told apart, and nothing is bounded.
 */
@Injectable()
export class RateLimitGuard implements CanActivate {
  readonly #buckets: TokenBuckets | undefined;

  constructor(@Inject(SETTINGS) { rateLimit, rateBurst }: Settings) {
    if (rateLimit > 0) this.#buckets = new TokenBuckets(rateLimit, Math.max(rateLimit, rateBurst));
  }

  canActivate(context: ExecutionContext): boolean {
    const buckets = this.#buckets;
    if (buckets === undefined || context.getType() !== 'http') return true;
    const caller = callerOf(context.switchToHttp().getRequest<FastifyRequest>());
    if (caller === undefined || caller.kind === 'anyone') return true;
    const { allowed, remaining, fullIn, nextIn } = buckets.take(`${caller.kind} ${caller.id ?? caller.name}`, performance.now());
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    void reply.header('ratelimit-policy', `"key";q=${buckets.burst};w=${Math.ceil(buckets.burst / buckets.rate)}`);
    void reply.header('ratelimit', `"key";r=${remaining};t=${fullIn}`);
    if (allowed) return true;
    const detail = `${caller.name} has sent more than ${buckets.rate} requests a second`;
    throw new DomainError('busy', 'rate-limited', detail, { retryAfter: nextIn });
  }
}
