import type { FastifyRequest } from 'fastify';
import { decodeUtf8, JsonError } from '../../engine/event/json-reader.js';
import { DomainError } from '../errors/domain-error.js';

/** The content type without its parameters, lower case; undefined when none was sent. */
export function contentType(request: FastifyRequest): string | undefined {
  return request.headers['content-type']?.split(';', 1)[0].trim().toLowerCase();
}

/**
 * The body as it streams in. Leaving the loop early discards the rest, so that a reply can still be sent.
 * Throws DomainError for a compressed one.
 */
export async function* bodyChunks({ raw }: FastifyRequest): AsyncGenerator<Buffer> {
  try {
    const encoding = raw.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity')
      throw new DomainError('unsupported-type', 'unsupported-content-encoding', `bodies come as they are, not compressed as ${encoding}`);
    yield* raw.iterator({ destroyOnReturn: false });
  } finally {
    // Node discards only bodies that nobody began to read.
    if (!raw.readableEnded) raw.resume();
  }
}

/** The whole body as text. Throws DomainError for one that is too large or not UTF-8. */
async function readText(request: FastifyRequest, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bodyChunks(request)) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new DomainError('too-large', 'document-too-large', `the body has more than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  try {
    return decodeUtf8(Buffer.concat(chunks));
  } catch (error) {
    if (error instanceof JsonError) throw new DomainError('unparseable', error.code, `${error.message} (at byte ${error.offset})`);
    throw error;
  }
}

/** The body of a call that takes JSON alone, as text. Throws DomainError for one of another type, too large or not UTF-8. */
export async function readJsonText(request: FastifyRequest, maxBytes: number): Promise<string> {
  const type = toldType(request);
  if (type !== undefined && type !== 'application/json')
    throw new DomainError('unsupported-type', 'unsupported-content-type', `the body comes as application/json, not as ${type}`);
  return readText(request, maxBytes);
}

/** The content type when it tells something: curl sends form data unless told otherwise. */
function toldType(request: FastifyRequest): string | undefined {
  const type = contentType(request);
  return type === 'text/plain' || type === 'application/x-www-form-urlencoded' ? undefined : type;
}

export type DocumentFormat = 'json' | 'yaml';

const FORMATS: Readonly<Record<string, DocumentFormat>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/x-yaml': 'yaml',
  'text/yaml': 'yaml',
  'text/x-yaml': 'yaml',
};

/** The format of a posted document; untold, it is guessed: JSON begins with a brace. Throws DomainError for any other type. */
export function documentFormat(request: FastifyRequest, text: string): DocumentFormat {
  const type = toldType(request);
  if (type === undefined) return text.trimStart().startsWith('{') ? 'json' : 'yaml';
  const format = FORMATS[type];
  if (format !== undefined) return format;
  throw new DomainError(
    'unsupported-type',
    'unsupported-content-type',
    `documents come as application/json or application/yaml, not as ${type}`,
  );
}

export interface PostedDocument {
  readonly text: string;
  readonly format: DocumentFormat;
}

/** The body of a call that takes a document. */
export async function readDocument(request: FastifyRequest, maxBytes: number): Promise<PostedDocument> {
  const text = await readText(request, maxBytes);
  return { text, format: documentFormat(request, text) };
}
