import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { LineSplitter } from '../../connectors/http/splitter.js';
import type { JobControl } from '../../runtime/ports/job-control.js';
import { EventsService } from '../events/events.service.js';
import type { Settings } from '../settings/settings.js';
import type { Sinks } from '../sinks/sinks.js';
import { StreamsService } from '../streams/streams.service.js';
import { JOB, LOGGER, SETTINGS, SINKS } from '../tokens.js';
import { Snoozes } from '../triage/snoozes.js';
import { SERVICE } from '../triage/storm-breaker.js';
import { type MetaEvent, MetaWatch } from './meta-watch.js';
import { Ticker } from './ticker.js';

const LOOK_MS = 1_000;
/** What cannot be stored while the database is away is kept up to this number, the newest. */
const MAX_WAITING = 1_000;
const DOCUMENT = JSON.stringify({ fields: { kind: 'string', subject: 'string', state: 'string', reason: 'string' } });

/** Writes what happens to the service into a stream of its own, so that rules can watch it like anything else. */
@Injectable()
export class MetaStream {
  readonly #watch: MetaWatch;
  readonly #ticker = new Ticker(LOOK_MS, () => this.#look());
  #waiting: MetaEvent[] = [];

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOGGER) private readonly log: Logger,
    @Inject(JOB) private readonly job: JobControl,
    @Inject(SINKS) private readonly sinks: Sinks,
    @Inject(Snoozes) private readonly snoozes: Snoozes,
    @Inject(StreamsService) private readonly streams: StreamsService,
    @Inject(EventsService) private readonly events: EventsService,
  ) {
    this.#watch = new MetaWatch(settings.silentAfterMs, settings.metaStream ?? '');
  }

  /** Begins to watch, when a stream is set; makes the stream if there is none. */
  start(): void {
    if (this.settings.metaStream !== undefined) this.#ticker.start();
  }

  stop(): Promise<void> {
    return this.#ticker.stop();
  }

  async #look(): Promise<void> {
    const { metaStream: stream = '', maxEventBytes } = this.settings;
    const storms = this.snoozes.active().filter(({ author }) => author === SERVICE.name);
    const seen = { job: this.job.status(), metrics: this.job.metrics(), sinks: this.sinks.statuses(), storms };
    this.#waiting = [...this.#waiting, ...this.#watch.look(seen, Date.now())].slice(-MAX_WAITING);
    try {
      if (this.streams.find(stream) === undefined) await this.streams.put(stream, { text: DOCUMENT, format: 'json' }, SERVICE);
      if (this.#waiting.length === 0) return;
      const body = Buffer.from(this.#waiting.map((event) => `${JSON.stringify(event)}\n`).join(''));
      await this.events.take(stream, one(body), new LineSplitter(maxEventBytes));
      this.#waiting = [];
    } catch (error) {
      this.log.debug({ err: error }, `stream ${stream} cannot take what happens to the service`);
    }
  }
}

async function* one(body: Buffer): AsyncGenerator<Buffer> {
  yield body;
}
