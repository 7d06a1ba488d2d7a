import { Column, Entity, LessThan, PrimaryColumn } from 'typeorm';
import { NUMBER } from '../catalog/entities.js';
import type { Database } from '../database.js';
import { storableText } from '../sql/text.js';

/** A command that was worked off. */
@Entity('command')
export class CommandRow {
  @PrimaryColumn('text') id!: string;
  /** SHA-256 of the message. */
  @Column('bytea', { name: 'body_hash' }) bodyHash!: Buffer;
  /** JSON, as it was answered. */
  @Column('bytea') reply!: Buffer;
  @Column('bigint', { name: 'handled_at', transformer: NUMBER }) handledAt!: number;
}

/** Longer than a topic of commands should keep them, ms. */
const RETENTION_MS = 30 * 86_400_000;

export class HandledCommands {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(id: string): Promise<Pick<CommandRow, 'bodyHash' | 'reply'> | undefined> {
    return (await this.#database.source.manager.findOneBy(CommandRow, { id: storableText(id) })) ?? undefined;
  }

  /** Those that nobody sends again any more are forgotten. */
  async add(id: string, bodyHash: Buffer, reply: Buffer): Promise<void> {
    const { manager } = this.#database.source;
    const handledAt = Date.now();
    await manager.insert(CommandRow, { id: storableText(id), bodyHash, reply, handledAt });
    await manager.delete(CommandRow, { handledAt: LessThan(handledAt - RETENTION_MS) });
  }
}
