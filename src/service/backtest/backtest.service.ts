import { Inject, Injectable } from '@nestjs/common';
import { FieldLayout } from '../../engine/event/field-layout.js';
import type { TimeRange } from '../../engine/rule/decode-event.js';
import { compileRule } from '../../engine/rule/compile.js';
import { backtest, type BacktestEvents, type BacktestProgress, type BacktestTask } from '../../runtime/job/backtest.js';
import type { PastReader } from '../../runtime/ports/stores.js';
import type { PostgresCatalog } from '../../storage/catalog/catalog.js';
import { DomainError } from '../errors/domain-error.js';
import { ListsService } from '../lists/lists.service.js';
import { RulesService } from '../rules/rules.service.js';
import type { Settings } from '../settings/settings.js';
import type { StreamSources } from '../sources.js';
import { StreamsService } from '../streams/streams.service.js';
import { CATALOG, SETTINGS, SOURCES } from '../tokens.js';

/** It has a core of its own while it runs. */
const MAX_RUNNING = 1;
const MAX_HEAP_MB = 2_048;

/** Runs stored rules over the past, beside the job. */
@Injectable()
export class BacktestService {
  #running = 0;

  constructor(
    @Inject(RulesService) private readonly rules: RulesService,
    @Inject(StreamsService) private readonly streams: StreamsService,
    @Inject(ListsService) private readonly lists: ListsService,
    @Inject(CATALOG) private readonly catalog: PostgresCatalog,
    @Inject(SOURCES) private readonly sources: StreamSources,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Throws DomainError while as many run as may, and when the source or the rule's thread fails. */
  async run(id: string, range: TimeRange, events: BacktestEvents, cancelled: AbortSignal): Promise<BacktestProgress> {
    if (this.#running >= MAX_RUNNING)
      throw new DomainError('busy', 'backtest-busy', `${MAX_RUNNING} backtest is running; send again later`, { retryAfter: 5 });
    this.#running++;
    try {
      return await backtest(await this.#task(id, range), events, cancelled);
    } catch (error) {
      if (error instanceof DomainError || cancelled.aborted) throw error;
      throw new DomainError('unavailable', 'backtest-failed', `the backtest has ended: ${(error as Error).message}`, { retryAfter: 5 });
    } finally {
      this.#running--;
    }
  }

  async #task(id: string, range: TimeRange): Promise<BacktestTask> {
    const { version, rule: document } = await this.rules.get(id);
    const definition = await this.rules.definition(id);
    const opened: PastReader[] = [];
    try {
      const streams: BacktestTask['streams'][number][] = [];
      for (const name of definition.from) {
        const stored = (await this.catalog.currentStream(name))!;
        const past = await this.sources.past(this.streams.definition(name), range.since, this.settings.farFutureMs);
        opened.push(past);
        streams.push({ name, version: stored.version, document: stored.document, past });
      }
      const lists = await this.lists.contents(compileRule(definition, version, new FieldLayout()).lists);
      const { maxAheadMs: maxAhead } = this.settings;
      return { rule: { id, version, document }, streams, lists, range, eventLimits: this.settings, maxAhead, maxHeapMb: MAX_HEAP_MB };
    } catch (error) {
      await Promise.all(opened.map((past) => past.close()));
      throw error;
    }
  }
}
