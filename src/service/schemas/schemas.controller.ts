import { readFile } from 'node:fs/promises';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Open } from '../auth/access.js';
import { jsonExample } from '../docs/examples.js';

/** The package's own folder, seen from dist/src/service/schemas. */
const SCHEMAS = new URL('../../../../schema/', import.meta.url);

/** JSON Schemas (draft 7) of the documents. Open to all: editors send no key. */
@ApiTags('schemas')
@Open()
@Controller('v1/schemas')
export class SchemasController {
  @Get('rule')
  @Header('content-type', 'application/schema+json; charset=utf-8')
  @ApiOperation({ summary: 'The JSON Schema of rule documents' })
  @ApiResponse(jsonExample(200, 'draft 7', { $id: 'urn:tripline:schema:rule', title: 'Tripline rule' }))
  rule(): Promise<string> {
    return readFile(new URL('rule.schema.json', SCHEMAS), 'utf8');
  }

  @Get('stream')
  @Header('content-type', 'application/schema+json; charset=utf-8')
  @ApiOperation({ summary: 'The JSON Schema of stream documents' })
  @ApiResponse(jsonExample(200, 'draft 7', { $id: 'urn:tripline:schema:stream', title: 'Tripline stream' }))
  stream(): Promise<string> {
    return readFile(new URL('stream.schema.json', SCHEMAS), 'utf8');
  }
}
