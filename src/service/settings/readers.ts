import { formatDuration, parseDuration } from '../../engine/time/duration.js';

/** Turns the text of an environment variable into a value; undefined when it is not one. */
export interface SettingReader<T> {
  /** What a right value looks like, for the error: "a duration such as 5s". */
  readonly expected: string;
  read(text: string): T | undefined;
}

const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
};

/** Reads a size like "512MiB" or "1000" (bytes) into bytes; undefined when the text is not one. */
export function parseSize(text: string): number | undefined {
  const found = /^(\d{1,15})(?:\s?(B|KiB|MiB|GiB|TiB|kB|MB|GB|TB))?$/.exec(text);
  if (found === null) return undefined;
  const bytes = Number(found[1]) * SIZE_UNITS[found[2] ?? 'B'];
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A whole number within bounds, both included. */
export function integer(min: number, max: number): SettingReader<number> {
  return {
    expected: `a whole number from ${min} to ${max}`,
    read: (text) => (/^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : undefined),
  };
}

/** Bytes, at least `min`. */
export function size(min: number): SettingReader<number> {
  return {
    expected: `a size such as 512KiB or 64MiB, at least ${min} bytes`,
    read: (text) => {
      const bytes = parseSize(text);
      return bytes !== undefined && bytes >= min ? bytes : undefined;
    },
  };
}

/** Milliseconds, at least `min`. */
export function duration(min: number): SettingReader<number> {
  return {
    expected: `a duration such as 500ms, 5s or 24h, at least ${formatDuration(min)}`,
    read: (text) => {
      const ms = parseDuration(text);
      return ms !== undefined && ms >= min ? ms : undefined;
    },
  };
}

/** One word of a fixed list. */
export function oneOf<T extends string>(...words: readonly T[]): SettingReader<T> {
  return { expected: `one of ${words.join(', ')}`, read: (text) => words.find((word) => word === text) };
}

/** Any text that is not empty. */
export const text: SettingReader<string> = { expected: 'a text that is not empty', read: (value) => (value === '' ? undefined : value) };

/** A PostgreSQL connection address. */
export const postgresUrl: SettingReader<string> = {
  expected: 'a PostgreSQL address such as postgres://user:password@host:5432/database',
  read: (value) => (/^postgres(ql)?:\/\/./.test(value) && URL.canParse(value) ? value : undefined),
};

/** Kafka's bootstrap servers. */
export const brokers: SettingReader<readonly string[]> = {
  expected: 'host:port, separated by commas',
  read: (value) => {
    const all = value.split(',').map((one) => one.trim());
    return all.every((one) => /^(\[[0-9a-fA-F:]+\]|[^\s:,]+):\d{1,5}$/.test(one)) ? all : undefined;
  },
};

/** An https address, or http on this machine. */
export const httpsUrl: SettingReader<string> = {
  expected: 'an address such as https://id.example.com (http only on loopback)',
  read: (value) => {
    if (!URL.canParse(value)) return undefined;
    const { protocol, hostname } = new URL(value);
    return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname)) ? value : undefined;
  },
};

/** Names of tenants; parts of the names of their databases. */
export const tenantNames: SettingReader<readonly string[]> = {
  expected: 'names of small letters and digits, at most 30, separated by commas',
  read: (value) => {
    const all = value.split(',').map((one) => one.trim());
    return all.every((one) => /^[a-z][a-z0-9]{0,29}$/.test(one)) && new Set(all).size === all.length ? all : undefined;
  },
};

/** Origins of web pages (RFC 6454). */
export const origins: SettingReader<readonly string[]> = {
  expected: 'origins such as https://app.example.com, separated by commas, or *',
  read: (value) => {
    const all = value.split(',').map((one) => one.trim());
    return all.every((one) => one === '*' || (URL.canParse(one) && new URL(one).origin === one)) ? all : undefined;
  },
};

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}
