import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { JobControl } from '../../runtime/ports/job-control.js';
import type { CheckpointRepository } from '../../storage/query/checkpoints.js';
import type { CheckpointRow } from '../../storage/query/entities.js';
import { Needs } from '../auth/access.js';
import { jsonExample, problemExample } from '../docs/examples.js';
import { DomainError } from '../errors/domain-error.js';
import { CursorField, DEFAULT_PAGE, LimitField } from '../http/query-fields.js';
import { CHECKPOINTS, JOB } from '../tokens.js';

/** The service runs one job, of all its rules. */
const MAIN = 'main';

const JOB_EXAMPLE = {
  id: MAIN,
  state: 'running',
  reason: null,
  since: 1767225600000,
  restarts: 0,
  checkpoints: { completed: 12, failed: 0, lastId: 12, lastBytes: 20_480, lastPauseMs: 1.5, lastDurationMs: 14, lastAt: 1767225660000 },
};
const CHECKPOINT_EXAMPLE = {
  id: 12,
  job: MAIN,
  kind: 'checkpoint',
  completedAt: 1767225660000,
  bytes: 20_480,
  pauseMs: 1.5,
  oldestNeeded: 1,
};

class CheckpointQuery {
  @CursorField()
  cursor?: number;

  @LimitField()
  limit?: number;
}

@ApiTags('operations')
@Needs('viewer')
@Controller('v1')
export class JobsController {
  constructor(
    @Inject(JOB) private readonly job: JobControl,
    @Inject(CHECKPOINTS) private readonly repository: CheckpointRepository,
  ) {}

  @Get('jobs')
  @ApiOperation({ summary: 'What the service runs: one job, of all its rules' })
  @ApiResponse(jsonExample(200, 'the job', { items: [JOB_EXAMPLE], nextCursor: null }))
  jobs() {
    return { items: [this.#view()], nextCursor: null };
  }

  @Get('jobs/:id')
  @ApiOperation({ summary: 'One job, with the partitions that it reads' })
  @ApiResponse(jsonExample(200, 'the job', { ...JOB_EXAMPLE, streams: [] }))
  @ApiResponse(problemExample(404, 'job-not-found', 'there is no job other'))
  one(@Param('id') id: string) {
    if (id !== MAIN) throw new DomainError('not-found', 'job-not-found', `there is no job ${id}`);
    return { ...this.#view(), streams: this.job.status().streams };
  }

  @Get('checkpoints')
  @ApiOperation({ summary: 'The complete checkpoints that are still listed, newest first' })
  @ApiResponse(jsonExample(200, 'a page', { items: [CHECKPOINT_EXAMPLE], nextCursor: null }))
  async checkpoints(@Query() { cursor, limit = DEFAULT_PAGE }: CheckpointQuery) {
    const rows = await this.repository.list(limit + 1, cursor);
    const items = rows.slice(0, limit).map(asCheckpoint);
    return { items, nextCursor: rows.length > limit ? String(items[items.length - 1].id) : null };
  }

  #view() {
    const { state, reason, since, restarts } = this.job.status();
    return { id: MAIN, state, reason, since, restarts, checkpoints: this.job.metrics().checkpoints };
  }
}

function asCheckpoint({ id, job, kind, completedAt, storedBytes, pauseMs, oldestNeeded }: CheckpointRow) {
  return { id, job, kind, completedAt, bytes: storedBytes, pauseMs, oldestNeeded };
}
