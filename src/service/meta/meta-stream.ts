import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { LineSplitter } from '../../connectors/http/splitter.js';
import type { JobControl } from '../../runtime/ports/job-control.js';
import type { Author } from '../../storage/access/audit-log.js';
import { EventsService } from '../events/events.service.js';
import type { Settings } from '../settings/settings.js';
import type { Sinks } from '../sinks/sinks.js';
import { StreamsService } from '../streams/streams.service.js';
import { JOB, LOGGER, SETTINGS, SINKS } from '../tokens.js';
import { type MetaEvent, MetaWatch } from './meta-watch.js';

const LOOK_MS = 1_000;
/** What cannot be stored while the database is away is kept up to this number, the newest. */
const MAX_WAITING = 1_000;
const SERVICE: Author = { kind: 'service', name: 'tripline', id: null };
const DOCUMENT = JSON.stringify({ fields: { kind: 'string', subject: 'string', state: 'string', reason: 'string' } });

/** Writes what happens to the service into a stream of its own, so that rules can watch it like anything else. */
@Injectable()
export class MetaStream {
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;
  #waiting: MetaEvent[] = [];

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOGGER) private readonly log: Logger,
    @Inject(JOB) private readonly job: JobControl,
    @Inject(SINKS) private readonly sinks: Sinks,
    @Inject(StreamsService) private readonly streams: StreamsService,
    @Inject(EventsService) private readonly events: EventsService,
  ) {}

  /** Begins to watch, when a stream is set; makes the stream if there is none. */
  start(): void {
    const { metaStream: stream, silentAfterMs } = this.settings;
    if (stream === undefined || this.#closed) return;
    const watch = new MetaWatch(silentAfterMs, stream);
    const again = () => {
      if (!this.#closed) this.#timer = setTimeout(() => (this.#looking = this.#look(watch, stream).then(again)), LOOK_MS).unref();
    };
    this.#looking = this.#look(watch, stream).then(again);
  }

  async stop(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  async #look(watch: MetaWatch, stream: string): Promise<void> {
    const seen = { job: this.job.status(), metrics: this.job.metrics(), sinks: this.sinks.statuses() };
    this.#waiting = [...this.#waiting, ...watch.look(seen, Date.now())].slice(-MAX_WAITING);
    try {
      if (this.streams.find(stream) === undefined) await this.streams.put(stream, { text: DOCUMENT, format: 'json' }, SERVICE);
      if (this.#waiting.length === 0) return;
      const body = Buffer.from(this.#waiting.map((event) => `${JSON.stringify(event)}\n`).join(''));
      await this.events.take(stream, one(body), new LineSplitter(this.settings.maxEventBytes));
      this.#waiting = [];
    } catch (error) {
      this.log.debug({ err: error }, `stream ${stream} cannot take what happens to the service`);
    }
  }
}

async function* one(body: Buffer): AsyncGenerator<Buffer> {
  yield body;
}
