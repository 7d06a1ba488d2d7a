import { distance } from 'fastest-levenshtein';

/**
 * One thing wrong with an input: what it is, where, what was found, what was expected.
 * The same shape goes into problem documents (RFC 9457) and into the answers of the command line.
 */
export interface Problem {
  /** Stable, kebab-case; listed in docs/errors.md. */
  readonly code: string;
  readonly message: string;
  /** RFC 6901 pointer into the document. */
  readonly pointer?: string;
  /** From 1; only for YAML. */
  readonly line?: number;
  /** From 1; only for YAML. */
  readonly column?: number;
  readonly found?: string;
  readonly expected?: string;
  readonly suggestion?: string;
}

/** Appends one reference token to an RFC 6901 pointer. */
export function pointerTo(parent: string, token: string | number): string {
  return `${parent}/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The candidate nearest to `word` if it is near enough to be a slip of the finger, else undefined. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const d = distance(word.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) [best, bestDistance] = [candidate, d];
  }
  return best;
}

/** A found value as a message shows it: JSON, cut to 80 characters. */
export function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? value.toString() : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
