import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { JobControl } from '../../runtime/ports/job-control.js';
import type { Author } from '../../storage/access/audit-log.js';
import type { PostgresCatalog } from '../../storage/catalog/catalog.js';
import { toProblem } from '../errors/problem-document.js';
import { ChangeLock } from '../http/change-lock.js';
import { RulesService } from '../rules/rules.service.js';
import type { Settings } from '../settings/settings.js';
import { StreamsService } from '../streams/streams.service.js';
import { CATALOG, JOB, LOGGER, SETTINGS } from '../tokens.js';
import { type FileDocument, type FileProblem, inFile, readRuleFiles, type RuleFiles } from './rule-files.js';

/** Time until another try when the database, the engine or Kafka was away, ms. */
const RETRY_MS = 5_000;

export interface RuleFilesStatus {
  /** End of the last sync, epoch ms; null before the first. */
  readonly syncedAt: number | null;
  /** What the files say, as far as they can be read. */
  readonly rules: number;
  readonly streams: number;
  readonly problems: readonly FileProblem[];
}

/**
 * Keeps rules and streams equal to the files of TRIPLINE_RULES_DIR, through the services that REST uses. What is wrong
 * in a file leaves alone what runs from that file's last good state.
 */
@Injectable()
export class RuleFilesService {
  readonly #syncs = new ChangeLock();
  #status: RuleFilesStatus = { syncedAt: null, rules: 0, streams: 0, problems: [] };
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOGGER) private readonly log: Logger,
    @Inject(CATALOG) private readonly catalog: PostgresCatalog,
    @Inject(JOB) private readonly job: JobControl,
    @Inject(RulesService) private readonly rules: RulesService,
    @Inject(StreamsService) private readonly streams: StreamsService,
  ) {}

  /** Null without TRIPLINE_RULES_DIR. */
  status(): RuleFilesStatus | null {
    return this.settings.rulesDir === undefined ? null : this.#status;
  }

  /** Reads the files and applies what they say; never rejects: problems are logged and stand in the status. */
  sync(): Promise<void> {
    const { rulesDir } = this.settings;
    return rulesDir === undefined ? Promise.resolve() : this.#syncs.run(() => this.#sync(rulesDir));
  }

  onModuleDestroy(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
  }

  async #sync(dir: string): Promise<void> {
    clearTimeout(this.#retry);
    let files: RuleFiles;
    try {
      files = await readRuleFiles(dir, this.settings);
    } catch (error) {
      // Nothing is known of what the files say, so nothing is touched.
      const problem = { file: dir, code: 'file-unreadable', message: (error as Error).message };
      return this.#done({ documents: [], problems: [problem] }, []);
    }
    const failures: Failure[] = [];
    try {
      await this.#follow(files, failures);
    } catch (error) {
      failures.push(this.#failure({ file: dir, linesBefore: 0 }, error));
    }
    this.#done(files, failures);
  }

  async #follow(files: RuleFiles, failures: Failure[]): Promise<void> {
    const broken = new Set(files.problems.map(({ file }) => file));
    failures.push(...(await this.#retireRules(files, broken)));
    for (const kind of ['stream', 'rule'] as const) {
      for (const document of files.documents) if (document.kind === kind) failures.push(...(await this.#apply(document)));
    }
    failures.push(...(await this.#deleteStreams(files, broken)));
  }

  /** Those that a file kept and no file has any more. A broken file may still mean to have them. */
  async #retireRules({ documents }: RuleFiles, broken: ReadonlySet<string>): Promise<Failure[]> {
    const wanted = new Set(documents.flatMap(({ kind, name }) => (kind === 'rule' ? name : [])));
    const failures: Failure[] = [];
    for (const { id, file, status } of await this.catalog.rules()) {
      if (file === null || status === 'retired' || wanted.has(id) || broken.has(file)) continue;
      failures.push(...(await this.#attempt({ file, linesBefore: 0 }, `rule ${id} retired`, () => this.rules.retire(id, asAuthor(file)))));
    }
    return failures;
  }

  async #deleteStreams({ documents }: RuleFiles, broken: ReadonlySet<string>): Promise<Failure[]> {
    const wanted = new Set(documents.flatMap(({ kind, name }) => (kind === 'stream' ? name : [])));
    const failures: Failure[] = [];
    for (const { name, file, deleted } of await this.catalog.streams()) {
      if (file === null || deleted || wanted.has(name) || broken.has(file)) continue;
      failures.push(
        ...(await this.#attempt({ file, linesBefore: 0 }, `stream ${name} deleted`, () => this.streams.delete(name, asAuthor(file)))),
      );
    }
    return failures;
  }

  async #apply(document: FileDocument): Promise<Failure[]> {
    const { kind, name, posted, file } = document;
    return this.#attempt(document, `${kind} ${name} applied`, async () => {
      if (kind === 'stream') await this.streams.put(name, posted, asAuthor(file));
      else if (!(await this.#runs(document))) await this.rules.replace(name, posted, asAuthor(file));
    });
  }

  /** True when the rule is as the file has it; one that was paused because it ran wild is not started again then. */
  async #runs({ name, file, value }: FileDocument): Promise<boolean> {
    const current = await this.catalog.currentRule(name);
    if (current === undefined || current.status === 'retired' || current.file !== file) return false;
    return (
      JSON.stringify(current.document) === JSON.stringify({ id: name, ...(value as object) }) &&
      this.job.ruleStats(name)?.version === current.version
    );
  }

  async #attempt(place: Place, what: string, change: () => Promise<unknown>): Promise<Failure[]> {
    if (this.#closed) return [];
    try {
      await change();
      this.log.debug({ file: place.file }, what);
      return [];
    } catch (error) {
      return [this.#failure(place, error)];
    }
  }

  #failure(place: Place, error: unknown): Failure {
    const { document, unexpected } = toProblem(error);
    if (unexpected) this.log.error({ err: error, file: place.file }, `${place.file} could not be applied`);
    const problems = document.errors.length > 0 ? document.errors : [{ code: document.code, message: document.detail }];
    return { problems: problems.map((problem) => inFile(place, problem)), again: document.status === 503 };
  }

  #done({ documents, problems: unreadable }: RuleFiles, failures: readonly Failure[]): void {
    if (this.#closed) return;
    const problems = [...unreadable, ...failures.flatMap((failure) => failure.problems)];
    const count = (kind: FileDocument['kind']) => documents.filter((document) => document.kind === kind).length;
    this.#status = { syncedAt: Date.now(), rules: count('rule'), streams: count('stream'), problems };
    for (const problem of problems) this.log.error(problem, `rule files: ${asLine(problem)}`);
    this.log.info({ rules: count('rule'), streams: count('stream'), problems: problems.length }, 'rules and streams follow the files');
    if (failures.some(({ again }) => again)) this.#retry = setTimeout(() => void this.sync(), RETRY_MS).unref();
  }
}

type Place = Pick<FileDocument, 'file' | 'linesBefore'>;

interface Failure {
  readonly problems: readonly FileProblem[];
  /** Something was away: worth another try. */
  readonly again: boolean;
}

function asAuthor(file: string): Author {
  return { kind: 'file', name: file, id: null };
}

function asLine({ file, line, column, code, message }: FileProblem): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return `${place}: ${code}: ${message}`;
}
