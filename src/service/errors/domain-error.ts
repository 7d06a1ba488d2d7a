import type { Problem } from '../../engine/problem/problem.js';

/** What went wrong, as the domain sees it; the filter alone knows the HTTP status of each. */
export type DomainErrorKind =
  | 'unparseable'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'too-large'
  | 'unsupported-type'
  | 'invalid'
  | 'busy'
  | 'unavailable';

export interface DomainErrorMore {
  readonly errors?: readonly Problem[];
  /** More members for the problem document. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** Whole seconds after which another try makes sense. */
  readonly retryAfter?: number;
}

/** A request that cannot be done, with a stable code and one sentence for people. */
export class DomainError extends Error {
  constructor(
    readonly kind: DomainErrorKind,
    readonly code: string,
    detail: string,
    readonly more: DomainErrorMore = {},
  ) {
    super(detail);
    this.name = 'DomainError';
  }
}

/** The error for a document, query or parameter with these problems. */
export function invalid(code: string, detail: string, errors: readonly Problem[]): DomainError {
  return new DomainError('invalid', code, detail, { errors });
}
