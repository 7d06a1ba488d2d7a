/** The windows of a rule or case, checked; all times in ms. */
export type WindowSpec =
  | {
      readonly kind: 'tumbling';
      readonly size: number;
      readonly offset: number;
      /** IANA name: whole days of its calendar, of 23 or 25 hours where the clock changes. */
      readonly timezone?: string;
    }
  | { readonly kind: 'sliding'; readonly size: number; readonly every: number; readonly offset: number }
  | { readonly kind: 'session'; readonly gap: number }
  /** Every `every`-th event of a key gives the last `size`; with equal numbers they are used once. */
  | { readonly kind: 'count'; readonly size: number; readonly every: number };

export const WINDOW_KINDS = ['tumbling', 'sliding', 'session', 'count'] as const;
