/**
 * The tokens that most events are made of, passed in tight loops over local variables: texts of ASCII without
 * escapes, and numbers of few digits. Each function gives where it ends, or -1 for what json-cursor.ts covers.
 */
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const EXPONENT = 0x65;

/** n / 10^k is the double nearest to the decimal fraction as long as both are exact: n below 10^15, k up to 22. */
export const EXACT_DIGITS = 15;
export const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, k) => 10 ** k);

/** Bytes that end a plain text, its quote included: one look-up a byte in place of four comparisons. */
export const ENDS_TEXT = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < SPACE || byte > 0x7e || byte === QUOTE || byte === BACKSLASH ? 1 : 0,
);

/** Behind white space. */
export function skipSpace(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] <= SPACE && isSpace(bytes[at])) at++;
  return at;
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

export class PlainNumber {
  value = 0;

  /** Puts the number at `from` into `value`; where it ends. */
  read(bytes: Uint8Array, from: number, end: number): number {
    const negative = bytes[from] === MINUS;
    const first = negative ? from + 1 : from;
    let at = first;
    let digits = 0;
    for (; at < end && isDigit(bytes[at]); at++) digits = digits * 10 + bytes[at] - ZERO;
    const whole = at - first;
    if (whole === 0 || (whole > 1 && bytes[first] === ZERO)) return -1;
    let fraction = 0;
    if (at < end && bytes[at] === DOT) {
      const point = at++;
      for (; at < end && isDigit(bytes[at]); at++) digits = digits * 10 + bytes[at] - ZERO;
      fraction = at - point - 1;
      if (fraction === 0) return -1;
    }
    if (whole + fraction > EXACT_DIGITS || (at < end && (bytes[at] | 0x20) === EXPONENT)) return -1;
    const value = fraction === 0 ? digits : digits / POWERS_OF_TEN[fraction];
    this.value = negative ? -value : value;
    return at;
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}
