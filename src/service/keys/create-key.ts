import type { ApiKeyRepository, StoredKey } from '../../storage/access/api-keys.js';
import type { Author } from '../../storage/access/audit-log.js';
import { newApiKey, prefixOf } from '../auth/api-key.js';
import type { Role } from '../settings/api-keys.js';

export interface WantedKey {
  /** Who or what will hold it. */
  readonly name: string;
  readonly role: Role;
  /** Epoch ms; null = never. */
  readonly expiresAt: number | null;
}

/** What is shown of a key: never its secret. */
export interface KeyView extends WantedKey {
  readonly id: string;
  /** What the key begins with. */
  readonly prefix: string;
  readonly createdAt: number;
  /** Within a minute; null before the first use. */
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

/** Makes a key. The reply alone holds it whole. */
export async function createKey(repository: ApiKeyRepository, wanted: WantedKey, by: Author): Promise<KeyView & { readonly key: string }> {
  const { id, key, hash } = newApiKey();
  const stored = await repository.create({ id, ...wanted, hash, createdAt: Date.now() }, by);
  return { ...asKeyView(stored), key };
}

export function asKeyView({ id, name, role, createdAt, expiresAt, lastUsedAt, revokedAt }: StoredKey): KeyView {
  return { id, prefix: prefixOf(id), name, role: role as Role, createdAt, expiresAt, lastUsedAt, revokedAt };
}
