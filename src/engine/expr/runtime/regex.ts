import { RE2JS } from 're2js';
import { CelError } from '../../event/cel-error.js';
import { charge } from './budget.js';
import { noOverload } from './values.js';

/** Compiled expressions by text; emptied when full, so that patterns made from events cannot fill memory. */
const cache = new Map<string, RE2JS | CelError>();
const CACHED = 500;
/** Longer patterns are refused: RE2's program grows with them. */
export const MAX_PATTERN = 1000;

/** RE2 syntax, linear in the text (R. Cox, "Regular Expression Matching in the Wild"). */
export function compileRegex(pattern: string): RE2JS | CelError {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const compiled = tryCompile(pattern);
  if (cache.size >= CACHED) cache.clear();
  cache.set(pattern, compiled);
  return compiled;
}

function tryCompile(pattern: string): RE2JS | CelError {
  if (pattern.length > MAX_PATTERN) return new CelError(`a regular expression may have ${MAX_PATTERN} characters`);
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    return new CelError(`invalid regular expression: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** CEL's matches: found anywhere in the text. */
export function matches(text: unknown, pattern: unknown): unknown {
  if (typeof text !== 'string' || typeof pattern !== 'string') return noOverload('matches', text, pattern);
  return matchesCompiled(text, compileRegex(pattern));
}

/** matches with a pattern compiled beforehand. */
export function matchesCompiled(text: unknown, regex: RE2JS | CelError): unknown {
  if (typeof text !== 'string') return noOverload('matches', text);
  if (regex instanceof CelError) return regex;
  // The automaton visits up to all of its states for a character.
  return charge((text.length * regex.programSize()) / 4) ?? regex.matcher(text).find();
}
