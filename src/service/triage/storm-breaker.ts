import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { JobControl } from '../../runtime/ports/job-control.js';
import type { Author } from '../../storage/access/audit-log.js';
import { Ticker } from '../meta/ticker.js';
import type { Settings } from '../settings/settings.js';
import { JOB, LOGGER, SETTINGS } from '../tokens.js';
import { Snoozes } from './snoozes.js';
import { StormWatch } from './storm-watch.js';

const LOOK_MS = 1_000;
export const SERVICE: Author = { kind: 'service', name: 'tripline', id: null };

/** Snoozes a rule that gives too many alerts, so that sinks are not flooded. What it gives is in the list all the same. */
@Injectable()
export class StormBreaker {
  readonly #watch: StormWatch;
  readonly #ticker = new Ticker(LOOK_MS, () => this.#look());

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOGGER) private readonly log: Logger,
    @Inject(JOB) private readonly job: JobControl,
    @Inject(Snoozes) private readonly snoozes: Snoozes,
  ) {
    this.#watch = new StormWatch(settings.stormLimit);
  }

  /** Begins to watch, when there is a limit. */
  start(): void {
    if (this.settings.stormLimit > 0) this.#ticker.start();
  }

  stop(): Promise<void> {
    return this.#ticker.stop();
  }

  async #look(): Promise<void> {
    const now = Date.now();
    const { stormLimit, stormSnoozeMs } = this.settings;
    for (const rule of this.#watch.look(this.job.metrics().rules, now)) {
      if (this.snoozes.active(rule).some(({ key }) => key === null)) continue;
      const note = `more than ${stormLimit} alerts a minute`;
      this.log.warn({ rule }, `rule ${rule} gives ${note}: it is snoozed`);
      await this.snoozes
        .add({ rule, key: null, until: now + stormSnoozeMs }, note, SERVICE)
        .catch((error) => this.log.error({ err: error, rule }, `rule ${rule} could not be snoozed`));
    }
  }
}
