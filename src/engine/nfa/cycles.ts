/**
 * Which nodes lie on a cycle of more than themselves: Kosaraju's two passes, without recursion since a graph
 * may be as deep as it has nodes. `successors`: by node.
 */
export function onCycles(successors: readonly (readonly number[])[]): readonly boolean[] {
  const predecessors: number[][] = successors.map(() => []);
  successors.forEach((targets, node) => targets.forEach((target) => predecessors[target].push(node)));
  const all = successors.map((_, node) => node);
  const cyclic = all.map(() => false);
  const seen = new Set<number>();
  for (const root of finished(successors, all, new Set()).reverse()) {
    const component = finished(predecessors, [root], seen);
    if (component.length > 1) for (const node of component) cyclic[node] = true;
  }
  return cyclic;
}

/** Depth first from the roots: nodes not seen before, in the order in which they are left. */
function finished(next: readonly (readonly number[])[], roots: readonly number[], seen: Set<number>): number[] {
  const order: number[] = [];
  for (const root of roots) {
    const path: { node: number; tried: number }[] = [];
    const enter = (node: number) => {
      if (seen.has(node)) return;
      seen.add(node);
      path.push({ node, tried: 0 });
    };
    enter(root);
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      if (last.tried < next[last.node].length) {
        enter(next[last.node][last.tried++]);
      } else {
        order.push(last.node);
        path.pop();
      }
    }
  }
  return order;
}
