/** An element of one of two streams that go through one window operator together (Flink's TaggedUnion). */
export type Tagged<L, R> = { readonly side: 'left'; readonly value: L } | { readonly side: 'right'; readonly value: R };

/** A window's elements by side, each in order of arrival. */
export function bySide<L, R>(elements: readonly Tagged<L, R>[]): readonly [left: L[], right: R[]] {
  const left: L[] = [];
  const right: R[] = [];
  for (const element of elements) {
    if (element.side === 'left') left.push(element.value);
    else right.push(element.value);
  }
  return [left, right];
}
