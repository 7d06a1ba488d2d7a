import { HttpException } from '@nestjs/common';
import type { Problem } from '../../engine/problem/problem.js';
import { EngineRestartedError } from '../../runtime/ports/job-control.js';
import { EpochLostError } from '../../runtime/ports/stores.js';
import { StorageError } from '../../storage/errors.js';
import { DomainError, type DomainErrorKind } from './domain-error.js';

/** RFC 9457, with our `code` and the list of single errors. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly errors: readonly Problem[];
  readonly [member: string]: unknown;
}

const STATUS: Readonly<Record<DomainErrorKind, number>> = {
  unparseable: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  'unsupported-type': 415,
  invalid: 422,
  busy: 429,
  unavailable: 503,
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Codes for what the framework refuses before any of our code runs. */
const FRAMEWORK_CODES: Readonly<Record<number, string>> = {
  400: 'bad-request',
  404: 'route-not-found',
  413: 'body-too-large',
  414: 'uri-too-long',
  415: 'unsupported-content-type',
  431: 'headers-too-large',
};

/** Failures of the storage that a client can do something about. */
const KNOWN_FAILURES: Readonly<Record<string, DomainErrorKind>> = {
  'rule-exists': 'conflict',
  'list-not-found': 'not-found',
  'list-too-long': 'invalid',
  'unknown-stream': 'not-found',
  'log-overloaded': 'busy',
};

export interface ProblemReply {
  readonly document: ProblemDocument;
  readonly retryAfter?: number;
  /** True for errors nobody foresaw: they belong into the log with their stack. */
  readonly unexpected: boolean;
}

function problemDocument(
  status: number,
  code: string,
  detail: string,
  more: { errors?: readonly Problem[]; members?: Readonly<Record<string, unknown>> } = {},
): ProblemDocument {
  return {
    ...more.members,
    type: `urn:tripline:problem:${code}`,
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    code,
    errors: more.errors ?? [],
  };
}

/** Turns anything thrown while a request was worked off into the problem to answer. */
export function toProblem(error: unknown): ProblemReply {
  if (error instanceof DomainError) {
    const { errors, members, retryAfter } = error.more;
    return { document: problemDocument(STATUS[error.kind], error.code, error.message, { errors, members }), retryAfter, unexpected: false };
  }
  const known = KNOWN_FAILURES[String((error as { code?: unknown } | undefined)?.code)];
  if (known !== undefined && error instanceof StorageError) {
    return {
      document: problemDocument(STATUS[known], error.code, error.message),
      retryAfter: known === 'busy' ? 1 : undefined,
      unexpected: false,
    };
  }
  if (isDatabaseAway(error)) {
    return {
      document: problemDocument(503, 'database-unavailable', 'the database does not answer; nothing of this request was stored'),
      retryAfter: 2,
      unexpected: true,
    };
  }
  if (error instanceof EngineRestartedError) {
    const detail = 'the engine was restarted meanwhile; look whether it happened, then send again';
    return { document: problemDocument(503, 'engine-stalled', detail), retryAfter: 2, unexpected: false };
  }
  if (sqlState(error) === UNSTORABLE_CHARACTER) {
    const detail = 'a text of the request holds a character that cannot be looked up, such as U+0000';
    return { document: problemDocument(400, 'bad-request', detail), unexpected: false };
  }
  const status = frameworkStatus(error);
  if (status !== undefined && status < 500) {
    return { document: problemDocument(status, FRAMEWORK_CODES[status] ?? 'bad-request', (error as Error).message), unexpected: false };
  }
  return {
    document: problemDocument(500, 'internal-error', 'an unexpected error; the log of the service has the details'),
    unexpected: true,
  };
}

/** Fastify's errors carry statusCode, Nest's are HttpExceptions. */
function frameworkStatus(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

/** SQLSTATE character_not_in_repertoire: PostgreSQL takes no U+0000 in a text. */
const UNSTORABLE_CHARACTER = '22021';

function sqlState(error: unknown): unknown {
  const { code, driverError } = (error ?? {}) as { code?: unknown; driverError?: { code?: unknown } };
  return driverError?.code ?? code;
}

const AWAY_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH', 'ENOENT']);
/** SQLSTATE classes: connection exceptions, insufficient resources (disk full), operator intervention, system errors. */
const AWAY_CLASSES = /^(08|53|57|58)[0-9A-Z]{3}$/;
const AWAY_TEXT =
  /connection terminated|connection ended|timeout exceeded when trying to connect|client has encountered a connection error|cannot use a pool after calling end|not queryable/i;

/** True when the error says that PostgreSQL cannot be reached or cannot write at present. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof EpochLostError) return true;
  for (let cause: unknown = error, depth = 0; cause instanceof Error && depth < 5; depth++) {
    const { code, driverError } = cause as { code?: unknown; driverError?: unknown };
    if (typeof code === 'string' && (AWAY_CODES.has(code) || AWAY_CLASSES.test(code))) return true;
    if (AWAY_TEXT.test(cause.message)) return true;
    cause = driverError ?? cause.cause;
  }
  return false;
}
