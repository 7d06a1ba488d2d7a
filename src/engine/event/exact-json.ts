import { pointerTo } from '../problem/problem.js';
import { JsonError, type JsonObject, type JsonValue } from './json-value.js';

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
const HEX = /^[0-9a-fA-F]{4}$/;
const ESCAPES = '"\\/bfnrt';
const WORDS: readonly (readonly [string, JsonValue])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/**
 * A recursive-descent reader that sees the source text of numbers; about ten times slower than JSON.parse.
 * The caller has bounded the nesting. With `uniqueKeys` a key that an object has already is refused, else the last wins.
 * @throws JsonError invalid-json, duplicate-key with the offset
 */
export function readExactly(text: string, uniqueKeys = false): JsonValue {
  return new ExactReader(text, uniqueKeys).read();
}

class ExactReader {
  #at = 0;
  /** Keys and indexes that lead to the value being read. */
  readonly #path: (string | number)[] = [];

  constructor(
    readonly text: string,
    readonly uniqueKeys: boolean,
  ) {}

  read(): JsonValue {
    const value = this.#value();
    this.#space();
    if (this.#at < this.text.length) this.#fail('expected the end');
    return value;
  }

  #fail(what: string, at = this.#at): never {
    const found = at < this.text.length ? `found ${JSON.stringify(this.text[at])}` : 'the text ends';
    throw new JsonError('invalid-json', `${what}, ${found}`, at);
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    SPACE.test(this.text);
    this.#at = SPACE.lastIndex;
  }

  #value(): JsonValue {
    this.#space();
    switch (this.text[this.#at]) {
      case '{':
        return this.#object();
      case '[':
        return this.#list();
      case '"':
        return this.#string();
      default:
        return this.#wordOrNumber();
    }
  }

  #wordOrNumber(): JsonValue {
    for (const [word, value] of WORDS) {
      if (!this.text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return this.#number();
  }

  #number(): number | bigint {
    const start = this.#at;
    NUMBER.lastIndex = start;
    const found = NUMBER.exec(this.text);
    if (found === null) this.#fail('expected a value');
    this.#at = NUMBER.lastIndex;
    const value = numberOf(found[0], found[1] === undefined && found[2] === undefined);
    if (value === Infinity || value === -Infinity) {
      throw new JsonError('invalid-json', 'a number beyond the range of doubles', start);
    }
    return value;
  }

  #list(): JsonValue[] {
    const list: JsonValue[] = [];
    this.#at++;
    this.#space();
    if (this.#take(']')) return list;
    for (;;) {
      list.push(this.#inner(list.length));
      this.#space();
      if (this.#take(']')) return list;
      if (!this.#take(',')) this.#fail("expected ',' or ']'");
    }
  }

  #object(): JsonObject {
    const object: JsonObject = {};
    this.#at++;
    this.#space();
    if (this.#take('}')) return object;
    for (;;) {
      this.#space();
      if (this.text[this.#at] !== '"') this.#fail('expected a key in quotes');
      const key = this.#uniqueKey(object);
      this.#space();
      if (!this.#take(':')) this.#fail("expected ':'");
      setOwn(object, key, this.#inner(key));
      this.#space();
      if (this.#take('}')) return object;
      if (!this.#take(',')) this.#fail("expected ',' or '}'");
    }
  }

  #uniqueKey(object: JsonObject): string {
    const start = this.#at;
    const key = this.#string();
    if (!this.uniqueKeys || !Object.hasOwn(object, key)) return key;
    throw new JsonError('duplicate-key', `the key \`${key}\` stands twice`, start, [...this.#path, key].reduce<string>(pointerTo, ''));
  }

  /** The value of a key, or at an index. */
  #inner(part: string | number): JsonValue {
    this.#path.push(part);
    const value = this.#value();
    this.#path.pop();
    return value;
  }

  #take(character: string): boolean {
    if (this.text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #string(): string {
    const start = this.#at;
    let escaped = false;
    for (let i = start + 1; i < this.text.length; i++) {
      const c = this.text.charCodeAt(i);
      if (c === 0x22) {
        this.#at = i + 1;
        return escaped ? (JSON.parse(this.text.slice(start, i + 1)) as string) : this.text.slice(start + 1, i);
      }
      if (c < 0x20) this.#fail('expected a control character to be escaped', i);
      if (c === 0x5c) {
        escaped = true;
        i += this.#escape(i + 1);
      }
    }
    return this.#fail('expected a closing quote', this.text.length);
  }

  /** How many characters follow the backslash. */
  #escape(at: number): number {
    if (this.text[at] === 'u') {
      if (!HEX.test(this.text.slice(at + 1, at + 5))) this.#fail('expected four hexadecimal digits', at + 1);
      return 5;
    }
    if (at >= this.text.length || !ESCAPES.includes(this.text[at])) this.#fail('expected an escape', at);
    return 1;
  }
}

/** A JSON number's value: an integer that a double cannot hold exactly is a BigInt; infinite beyond the range of doubles. */
export function numberOf(text: string, integer: boolean): number | bigint {
  const value = Number(text);
  // A finite integer has at most 309 digits, so BigInt's work is bounded.
  if (!integer || Number.isSafeInteger(value) || !Number.isFinite(value)) return value;
  const exact = BigInt(text);
  return BigInt(value) === exact ? value : exact;
}

/** Assignment to `__proto__` would set the prototype instead of a key. */
function setOwn(object: JsonObject, key: string, value: JsonValue): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  else object[key] = value;
}
