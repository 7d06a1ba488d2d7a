import type { DataSource, DeepPartial, FindOptionsOrder, FindOptionsWhere } from 'typeorm';
import { type Author, noteChange } from '../access/audit-log.js';
import { toJsonBytes } from '../sql/text.js';

/** What users want now of one thing. */
export interface HeadRow {
  id: string;
  currentVersion: number;
  updatedAt: number;
}

/** Never changed once written, and its number never used again. */
export interface VersionRow {
  id: string;
  version: number;
  document: Buffer;
  createdAt: number;
}

export interface Found<H> {
  readonly head: H;
  readonly version: VersionRow;
}

export interface Put<H> extends Found<H> {
  /** There was none of this id, or one that is gone. */
  readonly created: boolean;
  /** False when the document was the current version's already: no new version then. */
  readonly changed: boolean;
}

/** Documents of one kind with all their versions, which count on after a deletion. */
export class VersionedDocuments<H extends HeadRow> {
  constructor(
    readonly source: DataSource,
    readonly kind: 'rule' | 'stream',
    readonly heads: new () => H,
    readonly versions: new () => VersionRow,
    /** The columns of a head that is not there (yet, or any more), and how it is told. */
    readonly gone: { readonly columns: Partial<H>; readonly is: (head: H) => boolean },
  ) {}

  /** All at their current version, those that are gone included, by id. */
  async all(): Promise<Found<H>[]> {
    const { manager } = this.source;
    const [heads, versions] = await Promise.all([
      manager.find(this.heads, { order: { id: 'ASC' } as FindOptionsOrder<H> }),
      manager.createQueryBuilder(this.versions, 'v').innerJoin(this.heads, 'h', 'h.id = v.id AND h.currentVersion = v.version').getMany(),
    ]);
    const byId = new Map(versions.map((version) => [version.id, version]));
    // One stored between the two queries is in the next answer.
    return heads.flatMap((head) => (byId.has(head.id) ? [{ head, version: byId.get(head.id)! }] : []));
  }

  /** At the given version, or at its current one. */
  async find(id: string, version?: number): Promise<Found<H> | undefined> {
    const { manager } = this.source;
    const head = await manager.findOneBy(this.heads, { id } as FindOptionsWhere<H>);
    if (head === null) return undefined;
    const row = await manager.findOneBy(this.versions, { id, version: version ?? head.currentVersion });
    return row === null ? undefined : { head, version: row };
  }

  /** All versions, newest first. */
  async history(id: string): Promise<Found<H>[]> {
    const { manager } = this.source;
    const head = await manager.findOneBy(this.heads, { id } as FindOptionsWhere<H>);
    if (head === null) return [];
    const versions = await manager.find(this.versions, { where: { id }, order: { version: 'DESC' } });
    return versions.map((version) => ({ head, version }));
  }

  /**
   * Stores a document as the next version, or the first; an unchanged one keeps its version. `columns` are set in
   * any case. `refuse` may throw when there is one already. What changes is noted in the audit log.
   */
  put(id: string, document: unknown, columns: Partial<H>, by: Author, refuse: () => void = () => {}): Promise<Put<H>> {
    return this.source.transaction(async (manager) => {
      const bytes = toJsonBytes(document);
      const now = Date.now();
      const first = { id, currentVersion: 0, updatedAt: now, ...this.gone.columns } as DeepPartial<H>;
      await manager
        .createQueryBuilder()
        .insert()
        .into(this.heads)
        .values(first as never)
        .orIgnore()
        .execute();
      const head = await manager.findOneOrFail(this.heads, { where: { id } as FindOptionsWhere<H>, lock: { mode: 'pessimistic_write' } });
      const created = this.gone.is(head);
      if (!created) refuse();
      const current = await manager.findOneBy(this.versions, { id, version: head.currentVersion });
      const changed = created || !current?.document.equals(bytes);
      const version = changed
        ? manager.create(this.versions, { id, version: head.currentVersion + 1, document: bytes, createdAt: now })
        : current!;
      if (changed) await manager.insert(this.versions, version);
      Object.assign(head, { currentVersion: version.version, updatedAt: now }, columns);
      await manager.save(head);
      const action = `${this.kind}-${created ? 'created' : 'changed'}`;
      if (changed) await noteChange(manager, by, { action, kind: this.kind, name: id, version: version.version });
      return { head, version, created, changed };
    });
  }

  /** Sets columns of the head; `verb` is what the audit log calls it. */
  async update(id: string, columns: Partial<H>, by: Author, verb: string, detail?: unknown): Promise<void> {
    await this.source.transaction(async (manager) => {
      await manager.update(this.heads, { id } as FindOptionsWhere<H>, { ...columns, updatedAt: Date.now() } as never);
      await noteChange(manager, by, { action: `${this.kind}-${verb}`, kind: this.kind, name: id, detail });
    });
  }
}
