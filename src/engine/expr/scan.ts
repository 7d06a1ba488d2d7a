/**
 * Where string literals and comments of CEL end, without parsing: brackets inside them do not count.
 * (CEL language definition, "Syntax".)
 */

/** If a string literal or a comment starts at `at`, the index after it (the text's end if it is not closed); else `at`. */
export function skipOpaque(text: string, at: number): number {
  const c = text[at];
  if (c === '/' && text[at + 1] === '/') {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end + 1;
  }
  return c === '"' || c === "'" ? skipString(text, at) : at;
}

function skipString(text: string, at: number): number {
  const quote = text.startsWith(text[at].repeat(3), at) ? text[at].repeat(3) : text[at];
  const raw = isRaw(text, at);
  for (let i = at + quote.length; i < text.length; i++) {
    if (text[i] === '\\' && !raw) i++;
    else if (text.startsWith(quote, i)) return i + quote.length;
  }
  return text.length;
}

/** r"…", R"…", with b before or after. */
function isRaw(text: string, at: number): boolean {
  const prefix = /(?:^|[^A-Za-z0-9_])([bB]?[rR]|[rR][bB])$/.exec(text.slice(Math.max(0, at - 3), at));
  return prefix !== null;
}

/** The first place where more than `limit` brackets are open, or -1. */
export function tooDeepAt(text: string, limit: number): number {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const after = skipOpaque(text, i);
    if (after > i) {
      i = after - 1;
      continue;
    }
    const c = text[i];
    if (c === '(' || c === '[' || c === '{') {
      if (++depth > limit) return i;
    } else if (c === ')' || c === ']' || c === '}') depth--;
  }
  return -1;
}
