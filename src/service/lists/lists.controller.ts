import { Controller, Delete, Get, Header, HttpCode, Inject, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readJson } from '../../engine/event/json-reader.js';
import { toJsonText } from '../../engine/expr/index.js';
import type { Author } from '../../storage/access/audit-log.js';
import type { ListEntry } from '../../engine/rule/list-entries.js';
import { By, Needs } from '../auth/access.js';
import { DocumentBody } from '../docs/document-body.js';
import { jsonExample, problemExample } from '../docs/examples.js';
import { readJsonText } from '../http/body.js';
import { readJsonObject } from '../http/json-body.js';
import { DEFAULT_PAGE } from '../http/query-fields.js';
import type { Settings } from '../settings/settings.js';
import { SETTINGS } from '../tokens.js';
import { ListEntriesQuery } from './lists.queries.js';
import { ListsService } from './lists.service.js';
import { readEntries } from './read-entries.js';

const HEAD = { name: 'customers', version: 3, size: 2, updatedAt: 1767225600000 };
const ENTRY = { key: 'c1', value: { segment: 'gold' } };
const ENTRIES = { entries: ['c7', ENTRY] };
const NOT_FOUND = problemExample(404, 'list-not-found', 'there is no list customer: PUT /v1/lists/customer makes one');
const INVALID = problemExample(422, 'invalid-list', 'the list has 1 problem(s)');

/** Replies are written by hand: keys and values may be integers that a double cannot hold. */
@ApiTags('lists')
@Needs('viewer')
@Controller('v1/lists')
export class ListsController {
  constructor(
    @Inject(ListsService) private readonly lists: ListsService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Reference lists and lookup tables by name' })
  @ApiResponse(jsonExample(200, 'all lists', { items: [HEAD], nextCursor: null }))
  async list() {
    return { items: await this.lists.list(), nextCursor: null };
  }

  @Get(':name')
  @ApiOperation({ summary: 'Version and size of a list' })
  @ApiResponse(jsonExample(200, 'the list', HEAD))
  @ApiResponse(NOT_FOUND)
  get(@Param('name') name: string) {
    return this.lists.get(name);
  }

  @Put(':name')
  @Needs('author')
  @ApiOperation({
    summary: 'Make a list, or give it these entries and no others',
    description: 'An entry is a key (a text, a number, true or false), or `{key, value}`. Answered once the rules see it.',
  })
  @DocumentBody('The entries', ENTRIES)
  @ApiResponse(jsonExample(200, 'replaced', HEAD))
  @ApiResponse(jsonExample(201, 'made', { ...HEAD, version: 1 }))
  @ApiResponse(INVALID)
  async put(
    @Param('name') name: string,
    @By() by: Author,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { list, created } = await this.lists.replace(name, await this.#entriesOf(request), by);
    if (created) void reply.status(201).header('location', `/v1/lists/${name}`);
    return list;
  }

  @Delete(':name')
  @Needs('author')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a list that no rule asks' })
  @ApiResponse({ status: 204, description: 'deleted', content: { 'application/json': { example: null } } })
  @ApiResponse(problemExample(409, 'list-in-use', 'list customers is asked by card-testing'))
  @ApiResponse(NOT_FOUND)
  async delete(@Param('name') name: string, @By() by: Author): Promise<void> {
    await this.lists.delete(name, by);
  }

  @Get(':name/entries')
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOperation({ summary: 'Entries of a list, in the order of their keys as JSON' })
  @ApiResponse(jsonExample(200, 'a page of entries', { items: [ENTRY], nextCursor: '"c1"' }))
  @ApiResponse(NOT_FOUND)
  async entries(@Param('name') name: string, @Query() { cursor, limit = DEFAULT_PAGE }: ListEntriesQuery): Promise<string> {
    const found = await this.lists.entries(name, cursor, limit + 1);
    const page = found.slice(0, limit);
    const nextCursor = found.length > limit ? toJsonText(page[page.length - 1].key) : null;
    return `{"items":[${page.map(entryJson).join(',')}],"nextCursor":${JSON.stringify(nextCursor)}}`;
  }

  @Post(':name/entries')
  @Needs('author')
  @HttpCode(200)
  @ApiOperation({ summary: 'Add entries, or give those that are there other values' })
  @DocumentBody('The entries', ENTRIES)
  @ApiResponse(jsonExample(200, 'the list', HEAD))
  @ApiResponse(INVALID)
  @ApiResponse(NOT_FOUND)
  async add(@Param('name') name: string, @By() by: Author, @Req() request: FastifyRequest) {
    return (await this.lists.add(name, await this.#entriesOf(request), by)).list;
  }

  @Get(':name/entries/:key')
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOperation({ summary: 'The entry of a key, which is JSON or a bare string' })
  @ApiResponse(jsonExample(200, 'the entry', ENTRY))
  @ApiResponse(problemExample(404, 'list-entry-not-found', 'list customers has no entry "c2"'))
  async entry(@Param('name') name: string, @Param('key') key: string): Promise<string> {
    return entryJson(await this.lists.entry(name, key));
  }

  @Delete(':name/entries/:key')
  @Needs('author')
  @ApiOperation({ summary: 'Take out the entry of a key, which is JSON or a bare string' })
  @ApiResponse(jsonExample(200, 'the list', HEAD))
  @ApiResponse(problemExample(404, 'list-entry-not-found', 'list customers has no entry "c2"'))
  async remove(@Param('name') name: string, @Param('key') key: string, @By() by: Author) {
    return (await this.lists.remove(name, key, by)).list;
  }

  async #entriesOf(request: FastifyRequest): Promise<ListEntry[]> {
    const { maxListBytes, maxEventNesting } = this.settings;
    return readEntries(readJsonObject(await readJsonText(request, maxListBytes), maxEventNesting, readJson));
  }
}

function entryJson({ key, value }: ListEntry): string {
  return `{"key":${toJsonText(key)},"value":${toJsonText(value)}}`;
}
