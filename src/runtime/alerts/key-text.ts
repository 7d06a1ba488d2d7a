import { readJson } from '../../engine/event/json-reader.js';
import { toJsonText } from '../../engine/expr/index.js';

/** What a person gives as a key is JSON or a bare text; gives it as alerts hold it, as JSON. */
export function keyText(text: string): string {
  try {
    return toJsonText(readJson(text));
  } catch {
    return JSON.stringify(text);
  }
}

/** The keys that a given text may mean, the likelier first: a bare number is one, and the text of its digits as well. */
export function keyTexts(text: string): readonly string[] {
  const key = keyText(text);
  return /^[-\d]/.test(key) ? [key, JSON.stringify(text)] : [key];
}
