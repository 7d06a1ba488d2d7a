import type { Node } from './node.js';

/**
 * Something that an expression takes from an earlier step.
 * only: the event of a step that takes at most one. first, last: that event of a list. all: any events of
 * the list. size: how many there are. present: whether there is one.
 */
export interface StepRead {
  /** Index in ExpressionScope.steps. */
  readonly step: number;
  readonly at: 'only' | 'first' | 'last' | 'all' | 'size' | 'present';
  /** A top-level field; absent: the whole event, or for size and present nothing of it. */
  readonly field?: string;
}

/** All that an expression looks at. */
export interface Reads {
  /** Top-level fields of the current event. */
  readonly fields: readonly string[];
  /** The current event as a value: any of its fields. */
  readonly wholeEvent: boolean;
  /** Each once. */
  readonly steps: readonly StepRead[];
  /** Named lists. */
  readonly lists: readonly string[];
  /** Reads ExpressionScope.values, such as the key. */
  readonly values: boolean;
}

type Origin = Pick<StepRead, 'step' | 'at'>;

/** One walk over the checked expression; linear in its size. */
export function readsOf(node: Node): Reads {
  const walk = new ReadsWalk();
  walk.visit(node);
  return {
    fields: [...walk.fields],
    wholeEvent: walk.wholeEvent,
    steps: [...walk.steps.values()],
    lists: [...walk.lists],
    values: walk.values,
  };
}

class ReadsWalk {
  readonly fields = new Set<string>();
  readonly steps = new Map<string, StepRead>();
  readonly lists = new Set<string>();
  wholeEvent = false;
  values = false;
  /** By depth of a macro's variable: the step whose events it stands for. */
  readonly #locals: (Origin | undefined)[] = [];

  visit(node: Node): void {
    const origin = node.op === 'field' ? undefined : this.#eventOf(node);
    if (origin !== undefined) this.#read(origin);
    else this.#inside(node);
  }

  #inside(node: Node): void {
    switch (node.op) {
      case 'event':
        this.wholeEvent = true;
        return;
      case 'field':
        return this.#field(node.of, node.name);
      case 'steps':
        return this.#read({ step: node.step, at: 'all' });
      case 'value':
        this.values = true;
        return;
      case 'hasStep':
        return this.#read({ step: node.step, at: 'present' });
      case 'macro': {
        const origin = this.#macro(node);
        // A filter's result holds whole events.
        if (origin !== undefined && node.macro === 'filterMap' && node.step === undefined) this.#read(origin);
        return;
      }
      case 'inList':
      case 'lookup':
        this.lists.add(node.list);
        break;
      case 'bind':
        this.#locals[node.depth] = undefined;
        break;
      case 'call':
        if (node.run === 'size' && this.#list(node.args[0]) !== undefined) return;
    }
    for (const child of childrenOf(node)) this.visit(child);
  }

  #field(of: Node, field: string): void {
    if (of.op === 'event') this.fields.add(field);
    else {
      const origin = this.#eventOf(of);
      if (origin === undefined) this.visit(of);
      else this.#read({ ...origin, field });
    }
  }

  /** Of a node that is an event of a step: which. What else it looks at is visited. */
  #eventOf(node: Node): Origin | undefined {
    if (node.op === 'step') return { step: node.step, at: 'only' };
    if (node.op === 'local') return this.#locals[node.depth];
    if (node.op !== 'call' || node.args[0].type !== 'events') return undefined;
    const { run, args } = node;
    if (run !== 'first' && run !== 'last' && run !== 'index') return undefined;
    const at = run === 'index' || args[0].op !== 'steps' ? 'all' : run;
    const list = at === 'all' ? this.#list(args[0]) : args[0].op === 'steps' ? { step: args[0].step } : undefined;
    if (list === undefined) return undefined;
    for (const key of args.slice(1)) this.visit(key);
    return { step: list.step, at };
  }

  /** Of a node that is a step's list, or a filter of it: which step. None of its events is read by that alone. */
  #list(node: Node): Origin | undefined {
    const origin: Origin | undefined =
      node.op === 'steps'
        ? { step: node.step, at: 'all' }
        : node.op === 'macro' && node.type === 'events' && node.step === undefined
          ? this.#macro(node)
          : undefined;
    if (origin !== undefined) this.#read({ step: origin.step, at: 'size' });
    return origin;
  }

  #macro(node: Node & { op: 'macro' }): Origin | undefined {
    const origin = this.#list(node.range);
    if (origin === undefined) this.visit(node.range);
    this.#locals[node.depth] = node.pairs ? undefined : origin;
    if (node.pairs) this.#locals[node.depth + 1] = origin;
    for (const part of [node.test, node.step]) if (part !== undefined) this.visit(part);
    return origin;
  }

  #read(read: StepRead): void {
    this.steps.set(JSON.stringify([read.step, read.at, read.field]), read);
  }
}

/** The parts of a node. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.op) {
    case 'field':
    case 'select':
      return [node.of];
    case 'hasField':
    case 'fieldOrType':
      return [node.field];
    case 'hasKey':
      return [node.of, node.key];
    case 'logic':
      return [node.left, node.right];
    case 'cond':
      return [node.test, node.yes, node.no];
    case 'call':
      return node.args;
    case 'regex':
      return [node.text];
    case 'inSet':
    case 'inList':
      return [node.item];
    case 'lookup':
      return [node.key];
    case 'list':
      return node.items;
    case 'map':
      return node.entries;
    case 'bind':
      return [node.value, node.body];
    case 'macro':
      return [node.range, node.test, node.step].filter((part) => part !== undefined);
    default:
      return [];
  }
}
