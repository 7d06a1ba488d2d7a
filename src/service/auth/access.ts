import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Author } from '../../storage/access/audit-log.js';
import type { Role } from '../settings/api-keys.js';

/** Who calls, and what they may do. */
export interface Principal extends Author {
  readonly role: Role;
}

export const NEEDED_ROLE = 'tripline:role';
export const EVERYBODY = 'everybody';

/** The least role that may call. A route that says nothing is for admins alone. */
export const Needs = (role: Role) => SetMetadata(NEEDED_ROLE, role);

/** Asks nobody for a key: liveness and schemas. */
export const Open = () => SetMetadata(NEEDED_ROLE, EVERYBODY);

const callers = new WeakMap<FastifyRequest, Principal>();

export function setCaller(request: FastifyRequest, caller: Principal): void {
  callers.set(request, caller);
}

/** Undefined on open routes. */
export function callerOf(request: FastifyRequest): Principal | undefined {
  return callers.get(request);
}

/** Who calls, where the route is not open. */
export const By = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const caller = callerOf(context.switchToHttp().getRequest<FastifyRequest>());
  if (caller === undefined) throw new Error('an open route has no caller');
  return caller;
});
