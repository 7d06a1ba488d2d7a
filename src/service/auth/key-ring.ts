import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { ApiKeyRepository, StoredKey } from '../../storage/access/api-keys.js';
import { DomainError } from '../errors/domain-error.js';
import type { Role } from '../settings/api-keys.js';
import { API_KEYS, LOGGER } from '../tokens.js';
import type { Principal } from './access.js';
import { keyHash, keyId } from './api-key.js';

/** A key made or revoked by the command line is known here after this time, ms. */
const FRESH_MS = 5_000;
/** A key that nobody knows is looked up again only after this time, ms. */
const UNKNOWN_AGAIN_MS = 1_000;
/** How coarse the time of last use is, ms. */
const USE_GRAIN_MS = 60_000;

/** The stored keys, held in memory: a request costs no query, and is told apart while the database is away. */
@Injectable()
export class KeyRing {
  #keys = new Map<string, StoredKey>();
  readonly #used = new Map<string, number>();
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(
    @Inject(API_KEYS) private readonly repository: ApiKeyRepository,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.refresh();
  }

  /** False until the first key is made; revoking the last one opens no door. */
  async hasAny(): Promise<boolean> {
    await this.#freshen(FRESH_MS);
    return this.#keys.size > 0;
  }

  /** Whether a key of this id was ever made. */
  async knows(id: string): Promise<boolean> {
    await this.#freshen(FRESH_MS);
    if (!this.#keys.has(id)) await this.#freshen(UNKNOWN_AGAIN_MS);
    return this.#keys.has(id);
  }

  /** Who holds the key; undefined when it is none of ours. Throws DomainError for one that is over. */
  async find(text: string): Promise<Principal | undefined> {
    const id = keyId(text);
    if (id === undefined) return undefined;
    await this.knows(id);
    const key = this.#keys.get(id);
    if (key === undefined || !timingSafeEqual(key.hash, keyHash(text))) return undefined;
    refuseOver(key);
    this.#noteUse(key);
    return { kind: 'key', name: key.name, id, role: key.role as Role };
  }

  /** Reads the keys again; after a change, so that it holds at once. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<void> {
    const rows = await this.repository.list();
    this.#keys = new Map(rows.map((row) => [row.id, row]));
    this.#readAt = Date.now();
  }

  /** What is known goes on to hold while the database is away. */
  async #freshen(maxAge: number): Promise<void> {
    if (Date.now() - this.#readAt < maxAge) return;
    try {
      await this.refresh();
    } catch (error) {
      this.#readAt = Date.now();
      this.log.warn({ err: error }, 'the API keys could not be read again');
    }
  }

  #noteUse({ id, lastUsedAt }: StoredKey): void {
    const now = Date.now();
    if (now - (this.#used.get(id) ?? lastUsedAt ?? 0) < USE_GRAIN_MS) return;
    this.#used.set(id, now);
    this.repository.used(id, now).catch((error) => this.log.warn({ err: error }, `the use of key ${id} could not be noted`));
  }
}

function refuseOver({ name, expiresAt, revokedAt }: StoredKey): void {
  if (revokedAt !== null) throw new DomainError('unauthenticated', 'revoked-api-key', `the API key ${name} was revoked`);
  if (expiresAt !== null && expiresAt <= Date.now())
    throw new DomainError('unauthenticated', 'expired-api-key', `the API key ${name} has expired`);
}
