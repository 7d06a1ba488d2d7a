import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Length, Matches } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiKeyRepository } from '../../storage/access/api-keys.js';
import type { Author } from '../../storage/access/audit-log.js';
import { By, Needs } from '../auth/access.js';
import { KeyRing } from '../auth/key-ring.js';
import { DocumentBody } from '../docs/document-body.js';
import { jsonExample, problemExample } from '../docs/examples.js';
import { DomainError } from '../errors/domain-error.js';
import { readMoment } from '../http/query-fields.js';
import { readValidatedBody } from '../http/validated-body.js';
import { type Role, ROLES } from '../settings/api-keys.js';
import { API_KEYS } from '../tokens.js';
import { asKeyView, createKey } from './create-key.js';

const VIEW = {
  id: '0f6e2d1c9b8a',
  prefix: 'tripline_0f6e2d1c9b8a',
  name: 'checkout',
  role: 'producer',
  createdAt: 1767225600000,
  expiresAt: 1798761600000,
  lastUsedAt: null,
  revokedAt: null,
};
const NOT_FOUND = problemExample(404, 'key-not-found', 'there is no key 000000000000');
const SMALL_BODY_BYTES = 4_096;

class KeyRequest {
  @ApiProperty({ description: 'who or what will hold it', example: 'checkout' })
  @IsString({ message: '`name` must be a text of 1 to 100 characters' })
  @Length(1, 100, { message: '`name` must be a text of 1 to 100 characters' })
  @Matches(/^[^\p{Control}]*$/u, { message: '`name` must hold no control characters' })
  name!: string;

  @ApiProperty({ enum: [...ROLES] })
  @IsIn([...ROLES], { message: `\`role\` must be one of ${ROLES.join(', ')}` })
  role!: Role;

  @ApiPropertyOptional({ description: 'milliseconds or ISO 8601; absent = never', example: '2027-01-01T00:00:00Z' })
  @IsOptional()
  @Transform(({ value }) => readMoment(value))
  @IsInt({ message: '`expiresAt` must be milliseconds since 1970 or an ISO 8601 time with an offset' })
  expiresAt?: number | null;
}

@ApiTags('keys')
@Needs('admin')
@Controller('v1/keys')
export class KeysController {
  constructor(
    @Inject(API_KEYS) private readonly repository: ApiKeyRepository,
    @Inject(KeyRing) private readonly ring: KeyRing,
  ) {}

  @Post()
  @ApiOperation({
    summary: 'Make an API key',
    description: 'The answer alone holds the key: only its hash is kept. Once a key exists no call is taken without one.',
  })
  @DocumentBody('Holder, role and optionally an end', { name: 'checkout', role: 'producer', expiresAt: '2027-01-01T00:00:00Z' })
  @ApiResponse(jsonExample(201, 'made', { ...VIEW, key: 'tripline_0f6e2d1c9b8a_<43 characters>' }))
  @ApiResponse(problemExample(422, 'invalid-request', '`role` must be one of viewer, producer, author, admin'))
  async create(@By() by: Author, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { name, role, expiresAt = null } = await readValidatedBody(request, KeyRequest, SMALL_BODY_BYTES);
    if (expiresAt !== null && expiresAt <= Date.now()) {
      const problem = { code: 'invalid-value', message: '`expiresAt` is over', pointer: '/expiresAt', expected: 'a time to come' };
      throw new DomainError('invalid', 'invalid-request', problem.message, { errors: [problem] });
    }
    const made = await createKey(this.repository, { name, role, expiresAt }, by);
    await this.ring.refresh();
    void reply.header('location', `/v1/keys/${made.id}`).header('cache-control', 'no-store');
    return made;
  }

  @Get()
  @ApiOperation({
    summary: 'All stored keys, oldest first, without their secrets',
    description: 'Those of TRIPLINE_API_KEYS are not among them.',
  })
  @ApiResponse(jsonExample(200, 'all keys', { items: [VIEW], nextCursor: null }))
  async list() {
    return { items: (await this.repository.list()).map(asKeyView), nextCursor: null };
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a key', description: 'It stays in the list; nothing can be done with it any more.' })
  @ApiResponse({ status: 204, description: 'revoked', content: { 'application/json': { example: null } } })
  @ApiResponse(NOT_FOUND)
  async revoke(@Param('id') id: string, @By() by: Author): Promise<void> {
    if (!(await this.repository.revoke(id, by))) throw new DomainError('not-found', 'key-not-found', `there is no key ${id}`);
    await this.ring.refresh();
  }
}
