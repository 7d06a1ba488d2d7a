import { EXACT_DIGITS, POWERS_OF_TEN } from './plain-tokens.js';

const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** What may follow a backslash, `u` apart. */
const ESCAPES = new Set([...'"\\/bfnrt'].map((character) => character.charCodeAt(0)));
const LITERALS: readonly Uint8Array[] = ['true', 'false', 'null'].map((word) => Buffer.from(word));

/** Numbers with more digits before the point, or a longer exponent, might be beyond the range of doubles. */
const SAFE_DIGITS = 200;
const SAFE_EXPONENT_DIGITS = 2;

/**
 * A place in JSON bytes that moves over one token at a time, validating it (RFC 8259) without making
 * values. `false` means: malformed, or something that only the exact reader covers; where it stands then
 * means nothing. UTF-8 is not checked: `ascii` says whether there is anything to check.
 */
export class JsonCursor {
  at = 0;
  /** No byte since `begin` was above 0x7f. */
  ascii = true;
  /** The string passed last had a backslash, a byte above 0x7f. */
  escaped = false;
  wide = false;
  /** The number passed last; NaN where the digits must be looked at again. */
  value = 0;
  /** It had neither a fraction nor an exponent. */
  integer = false;
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;

  begin(bytes: Uint8Array, end: number): void {
    this.#bytes = bytes;
    this.#end = end;
    this.ascii = true;
  }

  /** The byte behind white space, 0 at the end. */
  peek(): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.at;
    while (at < end) {
      const byte = bytes[at];
      if (byte > SPACE || (byte !== SPACE && byte !== NEWLINE && byte !== RETURN && byte !== TAB)) {
        this.at = at;
        return byte;
      }
      at++;
    }
    this.at = at;
    return 0;
  }

  /** Passes the byte if it comes next. */
  take(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.at++;
    return true;
  }

  atEnd(): boolean {
    this.peek();
    return this.at === this.#end;
  }

  /** From one quote to behind the other. */
  string(): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    let seen = 0;
    this.escaped = false;
    for (let at = this.at + 1; at < end; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) {
        this.at = at + 1;
        this.wide = seen > 0x7f;
        if (this.wide) this.ascii = false;
        return true;
      }
      if (byte < SPACE) return false;
      if (byte === BACKSLASH) {
        const length = this.#escape(at + 1);
        if (length === 0) return false;
        this.escaped = true;
        at += length;
      }
      seen |= byte;
    }
    return false;
  }

  /** Bytes of an escape behind its backslash; 0 when it is none. */
  #escape(at: number): number {
    if (at >= this.#end) return 0;
    if (ESCAPES.has(this.#bytes[at])) return 1;
    if (this.#bytes[at] !== 0x75 || at + 5 > this.#end) return 0;
    for (let digit = at + 1; digit < at + 5; digit++) if (!isHex(this.#bytes[digit])) return 0;
    return 5;
  }

  number(): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.at;
    const negative = bytes[at] === MINUS;
    if (negative) at++;
    const first = at;
    let digits = 0;
    for (; at < end && isDigit(bytes[at]); at++) digits = digits * 10 + bytes[at] - ZERO;
    const whole = at - first;
    if (whole === 0 || whole > SAFE_DIGITS || (whole > 1 && bytes[first] === ZERO)) return false;
    let fraction = 0;
    if (at < end && bytes[at] === DOT) {
      const point = at++;
      for (; at < end && isDigit(bytes[at]); at++) digits = digits * 10 + bytes[at] - ZERO;
      fraction = at - point - 1;
      if (fraction === 0) return false;
    }
    this.at = at;
    const exponent = this.#exponent();
    if (exponent < 0) return false;
    this.integer = fraction === 0 && exponent === 0;
    if (exponent > 0 || whole + fraction > EXACT_DIGITS) this.value = Number.NaN;
    else {
      const value = fraction === 0 ? digits : digits / POWERS_OF_TEN[fraction];
      this.value = negative ? -value : value;
    }
    return true;
  }

  /** Passes an exponent; the number of its digits, 0 when there is none, -1 when it is malformed or long. */
  #exponent(): number {
    const bytes = this.#bytes;
    let at = this.at;
    if (at >= this.#end || (bytes[at] | 0x20) !== 0x65) return 0;
    at++;
    if (at < this.#end && (bytes[at] === PLUS || bytes[at] === MINUS)) at++;
    const first = at;
    while (at < this.#end && isDigit(bytes[at])) at++;
    this.at = at;
    const digits = at - first;
    return digits === 0 || digits > SAFE_EXPONENT_DIGITS ? -1 : digits;
  }

  /** true, false or null. */
  literal(): boolean {
    const bytes = this.#bytes;
    for (const word of LITERALS) {
      if (bytes[this.at] !== word[0]) continue;
      if (this.at + word.length > this.#end) return false;
      for (let i = 1; i < word.length; i++) if (bytes[this.at + i] !== word[i]) return false;
      this.at += word.length;
      return true;
    }
    return false;
  }

  /** Passes any value; lists and objects may nest `depth` deep in it. */
  any(depth: number): boolean {
    switch (this.peek()) {
      case QUOTE:
        return this.string();
      case OPEN_OBJECT:
        return depth > 0 && this.#object(depth - 1);
      case OPEN_LIST:
        return depth > 0 && this.#list(depth - 1);
      case 0x74:
      case 0x66:
      case 0x6e:
        return this.literal();
      default:
        return this.number();
    }
  }

  #list(depth: number): boolean {
    this.at++;
    if (this.take(CLOSE_LIST)) return true;
    do if (!this.any(depth)) return false;
    while (this.take(COMMA));
    return this.take(CLOSE_LIST);
  }

  #object(depth: number): boolean {
    this.at++;
    if (this.take(CLOSE_OBJECT)) return true;
    do if (this.peek() !== QUOTE || !this.string() || !this.take(COLON) || !this.any(depth)) return false;
    while (this.take(COMMA));
    return this.take(CLOSE_OBJECT);
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function isHex(byte: number): boolean {
  const letter = byte | 0x20;
  return isDigit(byte) || (letter >= 0x61 && letter <= 0x66);
}
