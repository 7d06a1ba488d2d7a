import type { Totals } from './request-tally.js';

/** What became of a request with events. The service makes replies and problems of it. */
export type IngestOutcome =
  | { readonly kind: 'done'; readonly totals: Totals; readonly watermark: number | null; readonly replayed: boolean }
  | { readonly kind: 'unparseable'; readonly code: string; readonly message: string; readonly line: number }
  | {
      readonly kind: 'refused';
      readonly away: boolean;
      readonly code: string;
      readonly message: string;
      readonly retryAfter: number;
      readonly totals: Totals;
      readonly cause?: unknown;
    }
  | { readonly kind: 'key-in-flight' }
  | { readonly kind: 'key-reused' };
