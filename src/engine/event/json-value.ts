/** What a JSON text can hold; integers that a double cannot hold exactly are BigInts. */
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | JsonObject;

export interface JsonObject {
  [key: string]: JsonValue;
}

/** Bytes or text that are not an acceptable event. */
export class JsonError extends Error {
  constructor(
    readonly code: 'invalid-json' | 'invalid-utf8' | 'json-too-deep' | 'event-not-object' | 'duplicate-key',
    message: string,
    /** UTF-16 code units from the start of the text; bytes for invalid-utf8. */
    readonly offset: number,
    /** RFC 6901, where the place in the value is known. */
    readonly pointer = '',
  ) {
    super(message);
    this.name = 'JsonError';
  }
}
