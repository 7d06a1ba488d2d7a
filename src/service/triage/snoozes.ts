import type { OutboxRow } from '../../runtime/ports/stores.js';
import type { Author } from '../../storage/access/audit-log.js';
import type { SnoozeRepository, StoredSnooze } from '../../storage/triage/snoozes.js';

/**
 * Which alerts sinks leave out. Judged by when an alert was detected and not by when it is sent, so a sink that was
 * down for the time of the snooze leaves out the same ones.
 */
export class Snoozes {
  readonly #byRule = new Map<string, StoredSnooze[]>();

  constructor(readonly repository: SnoozeRepository) {}

  /** Reads what is stored, once at start. */
  async load(): Promise<void> {
    for (const snooze of await this.repository.list()) this.#keep(snooze);
  }

  covers({ alert, detectedAt }: OutboxRow): boolean {
    const snoozes = this.#byRule.get(alert.rule) ?? [];
    return snoozes.some(({ key, since, until }) => (key === null || key === alert.key) && since <= detectedAt && detectedAt < until);
  }

  /** Those that are not over, by id. */
  active(rule?: string): StoredSnooze[] {
    const now = Date.now();
    const all = rule === undefined ? [...this.#byRule.values()].flat() : (this.#byRule.get(rule) ?? []);
    return all.filter(({ until }) => until > now).sort((a, b) => a.id - b.id);
  }

  async add(wanted: Pick<StoredSnooze, 'rule' | 'key' | 'until'>, note: string | null, by: Author): Promise<StoredSnooze> {
    const snooze = await this.repository.add(wanted, note, by);
    this.#keep(snooze);
    return snooze;
  }

  /** False when there is none of this id that is not over. */
  async end(id: number, by: Author): Promise<boolean> {
    const ended = await this.repository.end(id, by);
    if (ended !== undefined) this.#keep(ended);
    return ended !== undefined;
  }

  #keep(snooze: StoredSnooze): void {
    const others = (this.#byRule.get(snooze.rule) ?? []).filter(({ id }) => id !== snooze.id);
    this.#byRule.set(snooze.rule, [...others, snooze]);
  }
}
