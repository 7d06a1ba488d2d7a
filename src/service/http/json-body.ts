import { JsonError, type JsonObject, readJson } from '../../engine/event/json-reader.js';
import { DomainError } from '../errors/domain-error.js';

/** Reads a body that must be a JSON object. Throws DomainError when it is not one. */
export function readJsonObject(text: string, maxNesting: number): JsonObject {
  try {
    const value = readJson(text, maxNesting);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    if (error instanceof JsonError) throw new DomainError('unparseable', error.code, `${error.message} (at ${error.offset})`);
    throw error;
  }
  throw new DomainError('unparseable', 'body-not-object', 'the body must be a JSON object');
}
