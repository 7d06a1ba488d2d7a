/**
 * Cuts a valid JSON object or array into the texts of its members, so that what was posted goes on byte for byte.
 * Only for texts that a JSON reader has accepted.
 */
export function sliceMembers(text: string): Map<string, string> {
  const members = new Map<string, string>();
  forEachPart(text, (part) => {
    const end = endOfString(part, 1) + 1;
    const name = JSON.parse(part.slice(0, end)) as string;
    members.set(name, part.slice(part.indexOf(':', end) + 1).trim());
  });
  return members;
}

export function sliceElements(text: string): string[] {
  const elements: string[] = [];
  forEachPart(text, (part) => elements.push(part));
  return elements;
}

/** Calls back with what stands between the outermost brackets, cut at the outermost commas. */
function forEachPart(text: string, part: (text: string) => void): void {
  const inner = text.trim().slice(1, -1);
  let depth = 0;
  let start = 0;
  for (let at = 0; at < inner.length; at++) {
    const c = inner[at];
    if (c === '"') at = endOfString(inner, at + 1);
    else if (c === '{' || c === '[') depth++;
    else if (c === '}' || c === ']') depth--;
    else if (c === ',' && depth === 0) {
      part(inner.slice(start, at).trim());
      start = at + 1;
    }
  }
  const last = inner.slice(start).trim();
  if (last !== '') part(last);
}

/** Index of the quote that ends the string whose content begins at `from`. */
function endOfString(text: string, from: number): number {
  let at = from;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
