import { createHash, randomBytes } from 'node:crypto';

/** `tripline_<id>_<secret>`: the beginning tells secret scanners and people what it is, the id which one. */
const KEY = /^tripline_([0-9a-f]{12})_[A-Za-z0-9_-]{43}$/;
const SECRET_BYTES = 32;

export interface NewApiKey {
  readonly id: string;
  /** Shown once. */
  readonly key: string;
  readonly hash: Buffer;
}

export function newApiKey(): NewApiKey {
  const id = randomBytes(6).toString('hex');
  const key = `${prefixOf(id)}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { id, key, hash: keyHash(key) };
}

/** What a key begins with, to recognise it by. */
export function prefixOf(id: string): string {
  return `tripline_${id}`;
}

/** The id in a key; undefined for a text that is none of ours. */
export function keyId(text: string): string | undefined {
  return KEY.exec(text)?.[1];
}

/** Comparing hashes takes the same time wherever two keys differ. */
export function keyHash(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
