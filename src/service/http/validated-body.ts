import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { nearest, type Problem, pointerTo, shown } from '../../engine/problem/problem.js';
import { invalid } from '../errors/domain-error.js';
import { readJsonText } from './body.js';
import { readJsonObject } from './json-body.js';
import { knownNames } from './validated-query.js';

const MAX_NESTING = 8;

/** Reads a body of JSON and holds it against its class. Throws DomainError `invalid-request` with all that is wrong. */
export async function readValidatedBody<T extends object>(request: FastifyRequest, type: Type<T>, maxBytes: number): Promise<T> {
  return validated(readJsonObject(await readJsonText(request, maxBytes), MAX_NESTING), type);
}

/** The same for an object that is there. */
export function validated<T extends object>(value: object, type: Type<T>): T {
  const instance = plainToInstance(type, value);
  const errors = validateSync(instance, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false });
  const problems = errors.map((error) => asProblem(error, knownNames(type)));
  if (problems.length > 0) throw invalid('invalid-request', problems.map(({ message }) => message).join('; '), problems);
  return instance;
}

function asProblem({ property, value, constraints = {} }: ValidationError, known: readonly string[]): Problem {
  const pointer = pointerTo('', property);
  if (Object.hasOwn(constraints, 'whitelistValidation')) {
    const suggestion = nearest(property, known);
    const hint = suggestion === undefined ? '' : `, did you mean \`${suggestion}\`?`;
    return {
      code: 'unknown-key',
      message: `unknown key \`${property}\`${hint}`,
      pointer,
      expected: `one of ${known.join(', ')}`,
      suggestion,
    };
  }
  const message = Object.values(constraints)[0] ?? `\`${property}\` is not valid`;
  if (value === undefined) return { code: 'missing-key', message, pointer: '' };
  return { code: 'invalid-value', message, pointer, found: shown(value) };
}
