import type { SettingReader } from './readers.js';

/** From the weakest to the strongest; each may do what those before it may. */
export const ROLES = ['viewer', 'producer', 'author', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface ApiKey {
  /** Who holds it, for the log. */
  readonly name: string;
  readonly role: Role;
  readonly key: string;
}

/** True when `role` includes what `needed` may do. */
export function roleIncludes(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** `name:role:key,…`; keys have at least 8 characters and are not repeated. */
export const apiKeys: SettingReader<readonly ApiKey[]> = {
  expected: `name:role:key separated by commas, role one of ${ROLES.join(', ')}, key of at least 8 characters`,
  read(text) {
    const keys: ApiKey[] = [];
    for (const part of text.split(',')) {
      const [name, role, ...rest] = part.trim().split(':');
      const key = rest.join(':');
      if (name === '' || !ROLES.includes(role as Role) || key.length < 8) return undefined;
      keys.push({ name, role: role as Role, key });
    }
    return new Set(keys.map((key) => key.key)).size === keys.length ? keys : undefined;
  },
};
