import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import { type Role, roleIncludes } from '../settings/api-keys.js';
import { EVERYBODY, NEEDED_ROLE, setCaller } from './access.js';
import { Authenticator } from './authenticator.js';

/** Lets nobody in who is not known, and to nothing that their role does not include. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const places = [context.getHandler(), context.getClass()];
    const needed = this.reflector.getAllAndOverride<Role | typeof EVERYBODY | undefined>(NEEDED_ROLE, places) ?? 'admin';
    if (needed === EVERYBODY) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const caller = await this.authenticator.authenticate(request);
    if (!roleIncludes(caller.role, needed))
      throw new DomainError('forbidden', 'role-too-weak', `this needs the role ${needed}; ${caller.name} is ${caller.role}`);
    setCaller(request, caller);
    return true;
  }
}
