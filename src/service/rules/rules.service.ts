import { Inject, Injectable } from '@nestjs/common';
import { readJson } from '../../engine/event/json-reader.js';
import type { Problem } from '../../engine/problem/problem.js';
import type { RuleDefinition, RuleStatus } from '../../engine/rule/definition.js';
import { readRule, readRuleDocument, STORED } from '../../engine/rule/index.js';
import { keyTexts } from '../../runtime/alerts/key-text.js';
import type { JobControl, OpenMatchView, RuleChangeResult, RuleStats } from '../../runtime/ports/job-control.js';
import type { CatalogRule } from '../../runtime/ports/stores.js';
import type { Author } from '../../storage/access/audit-log.js';
import type { PostgresCatalog } from '../../storage/catalog/catalog.js';
import { DomainError, invalid } from '../errors/domain-error.js';
import { refuseFileOwned } from '../files/file-owned.js';
import type { PostedDocument } from '../http/body.js';
import { ChangeLock } from '../http/change-lock.js';
import { ListsService } from '../lists/lists.service.js';
import type { Settings } from '../settings/settings.js';
import type { Sinks } from '../sinks/sinks.js';
import { StreamsService, unparseable } from '../streams/streams.service.js';
import { CATALOG, JOB, SETTINGS, SINKS } from '../tokens.js';
import { planOf, type RulePlan } from './rule-plan.js';

export interface RuleView {
  readonly id: string;
  readonly version: number;
  readonly status: CatalogRule['status'];
  /** The file that keeps it; null when it came over the API. */
  readonly file: string | null;
  /** As registered. */
  readonly rule: unknown;
  readonly createdAt: number;
}

export interface RuleReply {
  readonly id: string;
  readonly version: number;
  readonly status: RuleStatus;
  readonly plan: RulePlan;
  readonly warnings: readonly Problem[];
}

interface ReadRule {
  readonly rule: RuleDefinition;
  readonly document: unknown;
  readonly warnings: readonly Problem[];
}

/** Rules as they are wanted: the catalog says what should run, the job makes it so through its journal. */
@Injectable()
export class RulesService {
  constructor(
    @Inject(CATALOG) private readonly catalog: PostgresCatalog,
    @Inject(JOB) private readonly job: JobControl,
    @Inject(SINKS) private readonly sinks: Sinks,
    @Inject(StreamsService) private readonly streams: StreamsService,
    @Inject(ListsService) private readonly lists: ListsService,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(ChangeLock) private readonly changes: ChangeLock,
  ) {}

  /** All problems of a document. Throws DomainError only when it cannot be parsed. */
  validate(posted: PostedDocument): { valid: boolean; errors: readonly Problem[]; warnings: readonly Problem[] } {
    const read = this.#parse(posted);
    return { valid: read.rule !== undefined, errors: read.problems, warnings: read.warnings };
  }

  /** Registers a new rule; resolves once events that are accepted from now on will be seen by it. */
  register(posted: PostedDocument, by: Author): Promise<RuleReply> {
    return this.changes.run(async () => {
      const read = this.#read(posted);
      const { id, status } = read.rule;
      await this.#refuseFileOwned(id);
      const stored = await this.catalog.createRule(id, read.document, status, by);
      try {
        await this.#apply(stored, status);
      } catch (error) {
        // The id is given back, so that the client may send the same again.
        await this.catalog.retireRule(id, by).catch(() => {});
        if (this.job.ruleStats(id) !== undefined) await this.job.retireRule(id).catch(() => {});
        throw error;
      }
      return reply(stored, read);
    });
  }

  /** Stores the next version, or the first. An unchanged document keeps its version. */
  replace(id: string, posted: PostedDocument, by: Author): Promise<{ created: boolean; reply: RuleReply & RuleChangeResult }> {
    return this.changes.run(async () => {
      const read = this.#read(posted, id);
      if (by.kind !== 'file') await this.#refuseFileOwned(id);
      const stored = await this.catalog.putRuleVersion(id, read.document, read.rule.status, by);
      const { carried, dropped } = await this.#apply(stored.rule, read.rule.status);
      return { created: stored.created, reply: { ...reply(stored.rule, read), carried, dropped } };
    });
  }

  /** What replacing would do; nothing is stored. */
  async preview(id: string, posted: PostedDocument): Promise<RuleReply & RuleChangeResult> {
    const read = this.#read(posted, id);
    const current = await this.#current(id);
    const result = current === undefined ? { carried: 0, dropped: 0 } : await this.job.previewRule(id, read.document);
    const unchanged = current !== undefined && JSON.stringify(current.document) === JSON.stringify(read.document);
    const version = unchanged ? current.version : ((await this.catalog.currentRule(id))?.version ?? 0) + 1;
    return { id, version, status: read.rule.status, plan: planOf(read.rule), warnings: read.warnings, ...result };
  }

  async list(after: string | undefined, limit: number): Promise<{ items: RuleView[]; nextCursor: string | null }> {
    const rules = (await this.catalog.rules()).filter(({ id, status }) => status !== 'retired' && (after === undefined || id > after));
    const items = rules
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, limit)
      .map(asView);
    return { items, nextCursor: rules.length > limit ? items[items.length - 1].id : null };
  }

  async get(id: string): Promise<RuleView> {
    return asView(await this.#existing(id));
  }

  /** Newest first, those of before a deletion included. */
  async versions(id: string): Promise<readonly RuleView[]> {
    await this.#existing(id);
    return (await this.catalog.listVersions(id)).map(asView);
  }

  /** The checked definition of the current version. */
  async definition(id: string): Promise<RuleDefinition> {
    const { rule } = readRule((await this.#existing(id)).document, STORED);
    if (rule === undefined) throw new Error(`the stored document of rule ${id} cannot be read`);
    return rule;
  }

  async plan(id: string): Promise<RulePlan> {
    return planOf(await this.definition(id));
  }

  async stats(id: string): Promise<RuleStats> {
    const { version, status } = await this.#existing(id);
    const none = {
      events: 0,
      alerts: 0,
      suppressed: 0,
      timeouts: 0,
      keys: 0,
      keptEvents: 0,
      conditionErrors: 0,
      conditionErrorSample: null,
      unusableKeys: 0,
      unusableKeySample: null,
      limitReached: 0,
      limitDropped: 0,
      keptEventsReached: 0,
      keptBytesReached: 0,
      matchesPerEventReached: 0,
      watermark: null,
      stalled: [],
    };
    return this.job.ruleStats(id) ?? { rule: id, version, status: status === 'active' || status === 'shadow' ? status : 'paused', ...none };
  }

  /**
   * `text`: the key as JSON, or a bare string. A bare number is also looked up as a string, and is one where only
   * that has open matches. Gives the key as JSON text, since it may be an integer that a double cannot hold.
   */
  async openMatches(id: string, text: string): Promise<{ key: string; matches: readonly OpenMatchView[] }> {
    await this.#existing(id);
    const keys = keyTexts(text);
    for (const key of keys) {
      const matches = await this.job.openMatches(id, readJson(key));
      if (matches.length > 0) return { key, matches };
    }
    return { key: keys[0], matches: [] };
  }

  /** Takes the rule out of work; its versions and alerts stay. Stored first: a crash then settles it, and gives nothing up that lives on. */
  retire(id: string, by: Author): Promise<void> {
    return this.changes.run(async () => {
      await this.#existing(id);
      if (by.kind !== 'file') await this.#refuseFileOwned(id);
      await this.catalog.retireRule(id, by);
      if (this.job.ruleStats(id) !== undefined) await this.job.retireRule(id);
    });
  }

  /** Pauses, shadows or activates. Pausing gives the open partial matches up. */
  setStatus(
    id: string,
    status: RuleStatus,
    by: Author,
  ): Promise<{ id: string; version: number; status: RuleStatus; droppedMatches: number }> {
    return this.changes.run(async () => {
      const rule = await this.#existing(id);
      await this.#refuseFileOwned(id);
      if (status === 'active' || status === 'shadow') this.#checkStreams(rule);
      await this.catalog.setRuleStatus(id, status, by);
      const { dropped } = await this.#apply(rule, status);
      return { id, version: rule.version, status, droppedMatches: dropped };
    });
  }

  /** Brings the job to what the catalog says of this rule. */
  async #apply({ id, version }: CatalogRule, status: RuleStatus): Promise<RuleChangeResult> {
    const running = this.job.ruleStats(id);
    const unchanged = { carried: 0, dropped: 0 };
    if (status === 'active' || status === 'shadow') {
      return running?.version === version && running.status === status ? unchanged : this.job.activateRule(id, version, status);
    }
    if (running === undefined || (running.status === 'paused' && status === 'paused')) return unchanged;
    // Retiring does not count what it drops.
    const dropped = await this.job.pauseRule(id);
    if (status === 'draft') await this.job.retireRule(id);
    return dropped;
  }

  #checkStreams({ id, document }: CatalogRule): void {
    const { problems } = readRule(document, { ...STORED, streams: this.streams.find });
    if (problems.length > 0) throw invalid('invalid-rule', `rule ${id} does not fit its streams any more`, problems);
  }

  async #refuseFileOwned(id: string): Promise<void> {
    refuseFileOwned(`rule ${id}`, (await this.#current(id))?.file, this.settings);
  }

  async #current(id: string): Promise<CatalogRule | undefined> {
    const rule = await this.catalog.currentRule(id);
    return rule?.status === 'retired' ? undefined : rule;
  }

  async #existing(id: string): Promise<CatalogRule> {
    const rule = await this.#current(id);
    if (rule === undefined) throw new DomainError('not-found', 'rule-not-found', `there is no rule ${id}`);
    return rule;
  }

  #parse({ text, format }: PostedDocument, id?: string) {
    const read = readRuleDocument(text, {
      format,
      limits: this.settings,
      streams: this.streams.find,
      knownSinks: this.sinks.names,
      knownLists: this.lists.names,
      id,
    });
    if (read.document === undefined) throw unparseable(read.problems);
    return read;
  }

  #read(posted: PostedDocument, expectedId?: string): ReadRule {
    const { rule, document, problems, warnings } = this.#parse(posted, expectedId);
    if (rule === undefined) throw invalid('invalid-rule', `the rule document has ${problems.length} problem(s)`, problems);
    return { rule, document: { id: rule.id, ...(document as object) }, warnings };
  }
}

function asView({ id, version, status, file, document, createdAt }: CatalogRule): RuleView {
  return { id, version, status, file, rule: document, createdAt };
}

function reply({ id, version }: CatalogRule, { rule, warnings }: ReadRule): RuleReply {
  return { id, version, status: rule.status, plan: planOf(rule), warnings };
}
