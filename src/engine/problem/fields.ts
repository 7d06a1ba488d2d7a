/**
 * Reading one object of a document key by key. Every method reports what is wrong and returns undefined
 * for it, so that a reader goes on and all problems of a document come out at once.
 */
import { nearest, type Problem, pointerTo, shown } from './problem.js';
import { parseDuration } from '../time/duration.js';

/** What is wrong, and what is only worth a word. */
export class Findings {
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];

  problem(code: string, pointer: string, message: string, more: Partial<Problem> = {}): undefined {
    this.problems.push({ code, message, pointer, ...more });
    return undefined;
  }

  wrongType(pointer: string, found: unknown, expected: string): undefined {
    const name = pointer
      .slice(pointer.lastIndexOf('/') + 1)
      .replaceAll('~1', '/')
      .replaceAll('~0', '~');
    const subject = name === '' ? 'the document' : `\`${name}\``;
    return this.problem('wrong-type', pointer, `${subject} must be ${expected}`, { found: shown(found), expected });
  }
}

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The keys of one object. */
export class Fields {
  private constructor(
    readonly object: Readonly<Record<string, unknown>>,
    readonly pointer: string,
    readonly findings: Findings,
  ) {}

  /** Undefined, with a problem, when the value is no object; unknown keys are problems. */
  static of(value: unknown, pointer: string, findings: Findings, known: readonly string[]): Fields | undefined {
    if (!isObject(value)) return findings.wrongType(pointer, value, 'an object');
    const fields = new Fields(value, pointer, findings);
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) fields.#unknown(key, known);
    }
    return fields;
  }

  #unknown(key: string, known: readonly string[]): void {
    const free = known.filter((name) => !this.has(name));
    const guess = nearest(key, free);
    const hint = guess === undefined ? '' : `, did you mean \`${guess}\`?`;
    this.findings.problem('unknown-key', this.at(key), `unknown key \`${key}\`${hint}`, {
      found: shown(key),
      expected: `one of ${known.join(', ')}`,
      suggestion: guess,
    });
  }

  has(key: string): boolean {
    return Object.hasOwn(this.object, key);
  }

  /** The value, undefined when absent. */
  get(key: string): unknown {
    return this.has(key) ? this.object[key] : undefined;
  }

  at(key: string): string {
    return pointerTo(this.pointer, key);
  }

  missing(key: string, expected: string): undefined {
    return this.findings.problem('missing-key', this.pointer, `\`${key}\` is missing: expected ${expected}`, { expected });
  }

  /** A text that is not blank. */
  text(key: string, expected = 'a text'): string | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') return this.findings.wrongType(this.at(key), value, expected);
    if (value.trim() === '')
      return this.findings.problem('empty-value', this.at(key), `\`${key}\` is empty`, { found: shown(value), expected });
    return value;
  }

  requiredText(key: string, expected: string): string | undefined {
    return this.has(key) ? this.text(key, expected) : this.missing(key, expected);
  }

  boolean(key: string): boolean | undefined {
    const value = this.get(key);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.findings.wrongType(this.at(key), value, 'true or false');
  }

  oneOf<T extends string>(key: string, words: readonly T[]): T | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    const expected = `one of ${words.join(', ')}`;
    if (typeof value !== 'string') return this.findings.wrongType(this.at(key), value, expected);
    const word = words.find((one) => one === value);
    if (word !== undefined) return word;
    const suggestion = nearest(value, words);
    const hint = suggestion === undefined ? '' : `, did you mean \`${suggestion}\`?`;
    return this.findings.problem('invalid-value', this.at(key), `\`${key}\` is not ${expected}${hint}`, {
      found: shown(value),
      expected,
      suggestion,
    });
  }

  /** A whole number from `min` to `max`, both included. */
  integer(key: string, min: number, max: number): number | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    const expected = `a whole number from ${min} to ${max}`;
    if (typeof value !== 'number' && typeof value !== 'bigint') return this.findings.wrongType(this.at(key), value, expected);
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    return this.findings.problem('out-of-range', this.at(key), `\`${key}\` must be ${expected}`, { found: shown(value), expected });
  }

  /** Milliseconds of a duration of at least `min` ms. With `never`, that word gives null. */
  duration(key: string, min: number, never = false): number | null | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (never && value === 'never') return null;
    const expected = `a duration such as 250ms, 5s, 10m, 1h or 1d${never ? ', or never' : ''}`;
    if (typeof value !== 'string' && typeof value !== 'number') return this.findings.wrongType(this.at(key), value, expected);
    const ms = typeof value === 'string' ? parseDuration(value) : undefined;
    if (ms !== undefined && ms >= min) return ms;
    const suggestion = suggestDuration(value);
    const hint = suggestion === undefined ? '' : `, did you mean \`${suggestion}\`?`;
    const message = ms === undefined ? `\`${key}\` is not a duration${hint}` : `\`${key}\` must be longer than 0ms`;
    return this.findings.problem('invalid-duration', this.at(key), message, { found: shown(value), expected, suggestion });
  }

  /** A list of different, not blank texts. */
  texts(key: string, expected: string, mayBeEmpty: boolean): readonly string[] | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) return this.findings.wrongType(this.at(key), value, expected);
    if (value.length === 0 && !mayBeEmpty)
      return this.findings.problem('empty-value', this.at(key), `\`${key}\` is an empty list`, { found: '[]', expected });
    const good = value.filter((item, index) => this.#goodItem(key, value, item, index));
    return good.length === value.length ? good : undefined;
  }

  #goodItem(key: string, list: readonly unknown[], item: unknown, index: number): item is string {
    const pointer = pointerTo(this.at(key), index);
    if (typeof item !== 'string') this.findings.wrongType(pointer, item, 'a text');
    else if (item.trim() === '') this.findings.problem('empty-value', pointer, `an entry of \`${key}\` is empty`, { found: shown(item) });
    else if (list.indexOf(item) !== index)
      this.findings.problem('duplicate-value', pointer, `\`${item}\` stands twice in \`${key}\``, { found: shown(item) });
    else return true;
    return false;
  }

  /** The keys of a nested object. */
  nested(key: string, known: readonly string[]): Fields | undefined {
    return this.has(key) ? Fields.of(this.get(key), this.at(key), this.findings, known) : undefined;
  }
}

const UNIT_WORDS: Readonly<Record<string, string>> = {
  milli: 'ms',
  millis: 'ms',
  millisecond: 'ms',
  milliseconds: 'ms',
  msec: 'ms',
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
  min: 'm',
  mins: 'm',
  minute: 'm',
  minutes: 'm',
  hr: 'h',
  hrs: 'h',
  hour: 'h',
  hours: 'h',
  day: 'd',
  days: 'd',
};

/** "10 minutes", "5S" or 30 as a duration that can be read; undefined when nothing near is one. */
function suggestDuration(value: string | number): string | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? `${value}s` : undefined;
  const found = /^\s*(\d{1,15})\s*([a-z]+)\s*$/i.exec(value);
  if (found === null) return undefined;
  const word = found[2].toLowerCase();
  const text = `${found[1]}${UNIT_WORDS[word] ?? word}`;
  return parseDuration(text) === undefined || text === value ? undefined : text;
}
