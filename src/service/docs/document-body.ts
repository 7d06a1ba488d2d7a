import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';

/** Documents a body that the handler reads from the request itself. */
export function DocumentBody(description: string, json: unknown, yaml?: string): MethodDecorator {
  const types = ['application/json', ...(yaml === undefined ? [] : ['application/yaml'])];
  const examples = { json: { summary: 'JSON', value: json }, ...(yaml === undefined ? {} : { yaml: { summary: 'YAML', value: yaml } }) };
  return applyDecorators(ApiConsumes(...types), ApiBody({ description, schema: { type: 'object' }, examples }));
}
