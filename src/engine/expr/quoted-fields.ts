import { skipOpaque } from './scan.js';

/** .`any-name` as CEL has it: letters, digits and _ . - / and spaces. */
const QUOTED = /\.\s*`([A-Za-z0-9_.\-/ ]+)`/y;

/**
 * The parser does not know fields in backquotes: each is replaced by a name of the same length that the text
 * does not hold, so that positions stay right.
 */
export function replaceQuotedFields(source: string): { text: string; quoted: ReadonlyMap<string, string> } {
  const quoted = new Map<string, string>();
  if (!source.includes('`')) return { text: source, quoted };
  let text = '';
  for (let i = 0; i < source.length; ) {
    const after = skipOpaque(source, i);
    QUOTED.lastIndex = i;
    const found = after > i ? null : QUOTED.exec(source);
    if (found === null) {
      text += source.slice(i, Math.max(after, i + 1));
      i = Math.max(after, i + 1);
      continue;
    }
    const name = unusedName(source, quoted, found[1].length + 2);
    if (name === undefined) return { text: source, quoted: new Map() };
    quoted.set(name, found[1]);
    text += found[0].replace(/`.*`/, name);
    i += found[0].length;
  }
  return { text, quoted };
}

function unusedName(source: string, taken: ReadonlyMap<string, string>, length: number): string | undefined {
  for (let i = 0; i < 1000; i++) {
    const name = `_${i.toString(36)}`.padEnd(length, '_');
    if (name.length === length && !taken.has(name) && !source.includes(name)) return name;
  }
  return undefined;
}
