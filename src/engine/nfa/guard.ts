/** When an edge may be used: conditions of the rule's table, joined. */
export type Guard =
  | { readonly kind: 'true' }
  /** A condition by its place in Nfa.conditions. */
  | { readonly kind: 'condition'; readonly condition: number }
  /** The event comes from this stream. */
  | { readonly kind: 'stream'; readonly name: string }
  | { readonly kind: 'not'; readonly of: Guard }
  | { readonly kind: 'and'; readonly left: Guard; readonly right: Guard };

export const TRUE: Guard = Object.freeze({ kind: 'true' });

export function not(of: Guard): Guard {
  return of.kind === 'not' ? of.of : Object.freeze({ kind: 'not', of });
}

export function or(left: Guard, right: Guard): Guard {
  return not(and(not(left), not(right)));
}

export function and(left: Guard, right: Guard): Guard {
  if (left.kind === 'true') return right;
  if (right.kind === 'true') return left;
  return Object.freeze({ kind: 'and', left, right });
}
