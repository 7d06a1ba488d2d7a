import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { AuditLog } from '../../storage/access/audit-log.js';
import { Needs } from '../auth/access.js';
import { jsonExample } from '../docs/examples.js';
import { CursorField, DEFAULT_PAGE, LimitField, TextField, TimeField, WordField } from '../http/query-fields.js';
import { AUDIT } from '../tokens.js';

const KINDS = ['rule', 'stream', 'sink', 'list', 'key', 'alert'];
const EXAMPLE = {
  id: 41,
  at: 1767225600000,
  author: { kind: 'key', name: 'fraud-team', id: '0f6e2d1c9b8a' },
  action: 'rule-changed',
  kind: 'rule',
  name: 'card-testing',
  version: 2,
};

class AuditQuery {
  @WordField('only changes of this kind of thing', KINDS)
  kind?: string;

  @TextField('only changes of the thing of this name', 'card-testing')
  name?: string;

  @TextField('only changes by the author of this name', 'fraud-team')
  author?: string;

  @TimeField('made at or after')
  since?: number;

  @TimeField('made before')
  until?: number;

  @CursorField()
  cursor?: number;

  @LimitField()
  limit?: number;
}

@ApiTags('audit')
@Needs('admin')
@Controller('v1/audit')
export class AuditController {
  constructor(@Inject(AUDIT) private readonly audit: AuditLog) {}

  @Get()
  @ApiOperation({
    summary: 'Who changed what, and when; newest first',
    description: 'Written in the transaction of the change, never changed or removed. What a version says is kept with the versions.',
  })
  @ApiResponse(jsonExample(200, 'a page', { items: [EXAMPLE], nextCursor: '41' }))
  async list(@Query() query: AuditQuery) {
    const limit = query.limit ?? DEFAULT_PAGE;
    const entries = await this.audit.list(query, limit + 1);
    const items = entries.slice(0, limit);
    return { items, nextCursor: entries.length > limit ? String(items[items.length - 1].id) : null };
  }
}
