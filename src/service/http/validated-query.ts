import { type ArgumentMetadata, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';
import { nearest, type Problem, pointerTo, shown } from '../../engine/problem/problem.js';
import { DomainError } from '../errors/domain-error.js';

/**
 * Checks queries and parameters against their class. An unknown name is an error that names the nearest known one:
 * a misspelt filter that is passed over would list everything.
 */
@Injectable()
export class ValidatedPipe implements PipeTransform {
  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if (type !== 'query' || metatype === undefined || metatype === Object || metatype === String) return value;
    const instance = plainToInstance(metatype as Type<object>, { ...(value as object) });
    const known = knownNames(metatype);
    const problems = validateSync(instance, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false }).map((error) =>
      asProblem(error, known),
    );
    if (problems.length > 0)
      throw new DomainError('unparseable', 'invalid-query', problems.map((problem) => problem.message).join('; '), { errors: problems });
    return instance;
  }
}

export function knownNames(metatype: object): readonly string[] {
  return (
    Reflect.getMetadata('swagger/apiModelPropertiesArray', (metatype as { prototype: object }).prototype)?.map((name: string) =>
      name.slice(1),
    ) ?? []
  );
}

function asProblem(error: ValidationError, known: readonly string[]): Problem {
  const rules = Object.keys(error.constraints ?? {});
  if (rules.includes('whitelistValidation')) {
    const suggestion = nearest(error.property, known);
    return {
      code: 'unknown-parameter',
      message: `unknown query parameter ${error.property}${suggestion === undefined ? '' : `, did you mean ${suggestion}?`}`,
      pointer: pointerTo('', error.property),
      suggestion,
    };
  }
  const message = Object.values(error.constraints ?? {})[0] ?? `${error.property} is not valid`;
  return { code: 'invalid-parameter', message, pointer: pointerTo('', error.property), found: shown(error.value) };
}
