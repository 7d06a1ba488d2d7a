import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import { pointerTo, type Problem } from '../../engine/problem/problem.js';
import { DomainError } from '../errors/domain-error.js';

/** Calls without parameters refuse any; those with a query class are checked against it (ValidatedPipe). */
@Injectable()
export class QueryGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const names = Object.keys(context.switchToHttp().getRequest<FastifyRequest>().query as object);
    if (names.length === 0 || takesQuery(context)) return true;
    const problems = names.map(
      (name): Problem => ({
        code: 'unknown-parameter',
        message: `unknown query parameter ${name}: this call takes none`,
        pointer: pointerTo('', name),
      }),
    );
    throw new DomainError('unparseable', 'invalid-query', problems.map(({ message }) => message).join('; '), { errors: problems });
  }
}

function takesQuery(context: ExecutionContext): boolean {
  const args = Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), context.getHandler().name) as object | undefined;
  return Object.keys(args ?? {}).some((key) => key.startsWith(`${RouteParamtypes.QUERY}:`));
}
