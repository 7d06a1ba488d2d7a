import { Inject, Injectable } from '@nestjs/common';
import type { IngestOutcome } from '../../connectors/http/ingest-outcome.js';
import type { HttpIngester } from '../../connectors/http/ingester.js';
import { type Partitioner, partitionerOf } from '../../connectors/http/partitioner.js';
import type { Totals } from '../../connectors/http/request-tally.js';
import type { Splitter } from '../../connectors/http/splitter.js';
import type { StreamDefinition } from '../../engine/rule/definition.js';
import { DomainError } from '../errors/domain-error.js';
import { StreamsService } from '../streams/streams.service.js';
import { INGESTER } from '../tokens.js';

export interface EventsReply {
  readonly accepted: number;
  readonly rejected: readonly { line: number; code: string; message: string }[];
  /** Only when there are more than `rejected` lists. */
  readonly rejectedCount?: number;
  readonly watermark: number | null;
  readonly behindWatermark: number;
}

/** Takes events for a stream; turns the connector's outcomes into replies and domain errors. */
@Injectable()
export class EventsService {
  readonly #partitioners = new WeakMap<StreamDefinition, Partitioner>();

  constructor(
    @Inject(StreamsService) private readonly streams: StreamsService,
    @Inject(INGESTER) private readonly ingester: HttpIngester,
  ) {}

  async take(
    name: string,
    body: AsyncIterable<Buffer>,
    splitter: Splitter,
    idempotencyKey?: string,
  ): Promise<{ reply: EventsReply; replayed: boolean }> {
    const stream = this.streams.definition(name);
    if (stream.source.kind !== 'http')
      throw new DomainError('conflict', 'stream-not-http', `the events of stream ${name} come from topic ${stream.source.topic}`);
    let partitionOf = this.#partitioners.get(stream);
    if (partitionOf === undefined) this.#partitioners.set(stream, (partitionOf = partitionerOf(stream)));
    const outcome = await this.ingester.ingest({ stream, partitionOf, body, splitter, idempotencyKey });
    if (outcome.kind !== 'done') throw asError(outcome);
    const { accepted, behindWatermark } = outcome.totals;
    return {
      reply: { accepted, ...rejectedOf(outcome.totals), watermark: outcome.watermark, behindWatermark },
      replayed: outcome.replayed,
    };
  }
}

function rejectedOf({ rejected, rejectedCount }: Totals) {
  return rejectedCount > rejected.length ? { rejected, rejectedCount } : { rejected };
}

function asError(outcome: Exclude<IngestOutcome, { kind: 'done' }>): DomainError {
  switch (outcome.kind) {
    case 'unparseable':
      return new DomainError('unparseable', outcome.code, outcome.message, {
        errors: [{ code: outcome.code, message: outcome.message, line: outcome.line }],
      });
    case 'key-in-flight':
      return new DomainError('conflict', 'idempotency-key-in-flight', 'a request with this Idempotency-Key is being worked off', {
        retryAfter: 1,
      });
    case 'key-reused':
      return new DomainError('invalid', 'idempotency-key-reused', 'this Idempotency-Key was used with another body');
    case 'refused': {
      const { accepted, processed, behindWatermark } = outcome.totals;
      const members = { accepted, ...rejectedOf(outcome.totals), processed, behindWatermark };
      return new DomainError(outcome.away ? 'unavailable' : 'busy', outcome.code, outcome.message, {
        members,
        retryAfter: outcome.retryAfter,
      });
    }
  }
}
