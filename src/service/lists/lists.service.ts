import { Inject, Injectable } from '@nestjs/common';
import { FieldLayout } from '../../engine/event/field-layout.js';
import { readJson } from '../../engine/event/json-reader.js';
import type { ListUpdate } from '../../engine/expr/index.js';
import { shown } from '../../engine/problem/problem.js';
import { compileRule } from '../../engine/rule/compile.js';
import type { ListEntry } from '../../engine/rule/list-entries.js';
import { readRule, STORED } from '../../engine/rule/index.js';
import { keyTexts } from '../../runtime/alerts/key-text.js';
import type { JobControl } from '../../runtime/ports/job-control.js';
import type { Author } from '../../storage/access/audit-log.js';
import type { PostgresCatalog } from '../../storage/catalog/catalog.js';
import type { ListContent, ListHead, ReferenceLists } from '../../storage/catalog/lists.js';
import { DomainError, invalid } from '../errors/domain-error.js';
import { ChangeLock } from '../http/change-lock.js';
import type { Settings } from '../settings/settings.js';
import { CATALOG, JOB, LISTS, SETTINGS } from '../tokens.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export interface ListReply {
  readonly list: ListHead;
  readonly created: boolean;
}

/** Reference lists as they are wanted: stored, and brought to the rules through the journal. */
@Injectable()
export class ListsService {
  readonly #names = new Set<string>();

  constructor(
    @Inject(LISTS) private readonly lists: ReferenceLists,
    @Inject(CATALOG) private readonly catalog: PostgresCatalog,
    @Inject(JOB) private readonly job: JobControl,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(ChangeLock) private readonly changes: ChangeLock,
  ) {}

  /** Reads the names once at start. */
  async onModuleInit(): Promise<void> {
    for (const { name } of await this.lists.heads()) this.#names.add(name);
  }

  /** For readers of rules. */
  get names(): readonly string[] {
    return [...this.#names];
  }

  list(): Promise<readonly ListHead[]> {
    return this.lists.heads();
  }

  async get(name: string): Promise<ListHead> {
    const head = await this.lists.head(name);
    if (head === undefined) throw notFound(name);
    return head;
  }

  /** A page of entries, in the order of their keys' JSON texts. */
  async entries(name: string, cursor: string | undefined, limit: number): Promise<readonly ListEntry[]> {
    await this.get(name);
    return this.lists.entries(name, cursor, limit);
  }

  /** What the lists hold now; those that are not there are left out. */
  async contents(names: Iterable<string>): Promise<readonly ListUpdate[]> {
    const contents: ListUpdate[] = [];
    for (const name of names) {
      const head = await this.lists.head(name);
      if (head === undefined) continue;
      contents.push({ list: name, version: head.version, deleted: false, ...(await this.lists.update(name, undefined, head.version)) });
    }
    return contents;
  }

  /** `text`: the key as JSON, or a bare string. */
  async entry(name: string, text: string): Promise<ListEntry> {
    await this.get(name);
    for (const key of keyTexts(text)) {
      const found = await this.lists.entry(name, readJson(key) as ListEntry['key']);
      if (found !== undefined) return found;
    }
    throw new DomainError('not-found', 'list-entry-not-found', `list ${name} has no entry ${shown(text)}`);
  }

  /** Makes the list, or gives it these entries and no others. Resolves once events that are accepted from now on see it. */
  replace(name: string, entries: readonly ListEntry[], by: Author): Promise<ListReply> {
    if (!NAME.test(name)) {
      const expected = 'letters, digits, `.`, `_` and `-`, at most 100';
      const message = `\`${name}\` cannot name a list`;
      throw invalid('invalid-name', message, [{ code: 'invalid-name', message, pointer: '', found: shown(name), expected }]);
    }
    return this.#change(name, { put: entries, remove: 'others' }, true, by);
  }

  /** Adds entries, or gives those that are there other values. */
  add(name: string, entries: readonly ListEntry[], by: Author): Promise<ListReply> {
    return this.#change(name, { put: entries, remove: [] }, false, by);
  }

  /** Takes out the entry of the key, which is JSON or a bare string. */
  async remove(name: string, text: string, by: Author): Promise<ListReply> {
    const { key } = await this.entry(name, text);
    return this.#change(name, { put: [], remove: [key] }, false, by);
  }

  /** Throws DomainError `list-in-use` while rules ask it. */
  delete(name: string, by: Author): Promise<void> {
    return this.changes.run(async () => {
      const users = await this.#rulesAsking(name);
      if (users.length > 0)
        throw new DomainError('conflict', 'list-in-use', `list ${name} is asked by ${users.join(', ')}`, { members: { rules: users } });
      const deleted = await this.lists.delete(name, by);
      if (deleted === undefined) throw notFound(name);
      this.#names.delete(name);
      await this.job.listChanged(deleted);
    });
  }

  #change(name: string, content: ListContent, make: boolean, by: Author): Promise<ListReply> {
    return this.changes.run(async () => {
      const { head, created } = await this.lists.change(name, content, { make, maxEntries: this.settings.maxListEntries }, by);
      // Also when nothing changed: an earlier try may have stored it and then failed.
      if (this.job.listVersion(name) !== head.version) await this.job.listChanged({ list: name, version: head.version, deleted: false });
      this.#names.add(name);
      return { list: head, created };
    });
  }

  async #rulesAsking(list: string): Promise<string[]> {
    const asks = (document: unknown): boolean => {
      const { rule } = readRule(document, STORED);
      return rule !== undefined && compileRule(rule, 0, new FieldLayout()).lists.has(list);
    };
    const rules = await this.catalog.rules();
    return rules.filter(({ status, document }) => status !== 'retired' && asks(document)).map(({ id }) => id);
  }
}

function notFound(name: string): DomainError {
  return new DomainError('not-found', 'list-not-found', `there is no list ${name}: PUT /v1/lists/${name} makes one`);
}
