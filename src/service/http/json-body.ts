import { JsonError, type JsonObject, readJsonDocument } from '../../engine/event/json-reader.js';
import { DomainError } from '../errors/domain-error.js';

/** Reads a body that must be a JSON object, by default without a key twice. Throws DomainError when it is not one. */
export function readJsonObject(text: string, maxNesting: number, read = readJsonDocument): JsonObject {
  try {
    const value = read(text, maxNesting);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    if (error instanceof JsonError) {
      const { code, message, offset, pointer } = error;
      throw new DomainError('unparseable', code, `${message} (at ${offset})`, { errors: [{ code, message, pointer }] });
    }
    throw error;
  }
  throw new DomainError('unparseable', 'body-not-object', 'the body must be a JSON object');
}
