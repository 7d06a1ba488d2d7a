import type { StreamDefinition } from '../../engine/rule/definition.js';
import type { JobControl } from '../../runtime/ports/job-control.js';
import type { EventLog } from '../../runtime/ports/stores.js';
import type { EventLimits } from '../../engine/rule/decode-event.js';
import type { IngestOutcome } from './ingest-outcome.js';
import { IngestRequest } from './ingest-request.js';
import type { Partitioner } from './partitioner.js';
import type { Splitter } from './splitter.js';

export interface IngesterOptions extends EventLimits {
  /** Unprocessed bytes from which requests are refused. */
  readonly backlogBytes: number;
}

export interface IngestInput {
  readonly stream: StreamDefinition;
  readonly partitionOf: Partitioner;
  readonly body: AsyncIterable<Buffer>;
  readonly splitter: Splitter;
  readonly idempotencyKey?: string;
}

/** Why no more events are taken at present. */
export interface Refusal {
  readonly away: boolean;
  readonly code: string;
  readonly message: string;
  readonly retryAfter: number;
  readonly cause?: unknown;
}

/** Takes the events of HTTP requests into the log: the entry of every event that comes over HTTP. */
export class HttpIngester {
  readonly #inFlight = new Set<string>();
  readonly #highest = new Map<string, number>();
  #closing = false;

  constructor(
    readonly log: EventLog,
    readonly job: Pick<JobControl, 'refused' | 'status' | 'watermark'>,
    readonly options: IngesterOptions,
    /** Wall clock, epoch ms. */
    readonly now: () => number = Date.now,
  ) {}

  /** Works a body off as it streams in. Resolves when all of it is durable or refused; rejects only on our own faults. */
  async ingest(input: IngestInput): Promise<IngestOutcome> {
    const { stream, idempotencyKey } = input;
    const flight = idempotencyKey === undefined ? undefined : `${stream.name}/${idempotencyKey}`;
    if (flight !== undefined) {
      if (this.#inFlight.has(flight)) return { kind: 'key-in-flight' };
      this.#inFlight.add(flight);
    }
    try {
      const outcome = await new IngestRequest(this, input).run();
      if (outcome.kind === 'refused') this.job.refused(stream.name);
      return outcome;
    } finally {
      if (flight !== undefined) this.#inFlight.delete(flight);
    }
  }

  /** Set while events are refused. */
  refusal(): Refusal | undefined {
    if (this.#closing) return { away: true, code: 'shutting-down', message: 'the service is shutting down', retryAfter: 5 };
    const { state, reason } = this.job.status();
    if (state === 'stalled' || state === 'failed' || state === 'stopping' || state === 'stopped') {
      return {
        away: true,
        code: 'engine-stalled',
        message: `the engine is ${state}${reason === null ? '' : `: ${reason}`}`,
        retryAfter: 5,
      };
    }
    const backlog = this.log.backlogBytes();
    if (backlog <= this.options.backlogBytes) return undefined;
    return {
      away: false,
      code: 'backlog-full',
      message: `${backlog} bytes of events wait to be worked off, at most ${this.options.backlogBytes} may`,
      retryAfter: 1,
    };
  }

  /** From now on no more events are taken; requests end at their next batch. */
  close(): void {
    this.#closing = true;
  }

  /** Highest time given to the log for a partition, also of appends still on their way; -Infinity when none. */
  highest(stream: string, partition: number): number {
    return Math.max(this.log.maxTime(stream, partition), this.#highest.get(`${stream}/${partition}`) ?? -Infinity);
  }

  raiseHighest(stream: string, partition: number, time: number): void {
    this.#highest.set(`${stream}/${partition}`, Math.max(time, this.highest(stream, partition)));
  }

  /** After a stream was deleted: one of the same name starts anew. */
  forget(stream: string): void {
    for (const name of this.#highest.keys()) if (name.startsWith(`${stream}/`)) this.#highest.delete(name);
  }

  /** At or below it an event is late: by what was given to the log, and by what the job knows besides (asserted, quiet). */
  partitionWatermark({ name, outOfOrderness }: StreamDefinition, partition: number): number {
    return Math.max(this.highest(name, partition) - outOfOrderness - 1, this.job.watermark(name, partition) ?? -Infinity);
  }

  /** The stream's watermark: the least over its partitions that have one; null when none has. */
  watermark(stream: StreamDefinition, partitions: number): number | null {
    const all = Array.from({ length: partitions }, (_, partition) => this.partitionWatermark(stream, partition));
    const least = Math.min(...all.filter((watermark) => watermark !== -Infinity));
    return least === Infinity ? null : least;
  }
}
