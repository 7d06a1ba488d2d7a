import type { FieldLayout } from '../event/field-layout.js';
import { compareCode } from './compile-compare.js';
import { loopCode, stepCode } from './compile-loop.js';
import { isCheap } from './cheap.js';
import type { Constant, Node } from './node.js';

/**
 * Stage 3: nodes to JavaScript source. User text gets in only through `literal` (JSON-quoted); fields,
 * steps and macro variables are numbers. One writer serves all expressions of a table.
 *
 * Names in the generated code: e current event, m match view, l named lists, t<n> temporaries of the nearest function,
 * x<n> macro variables, k<n> constants of the table; anything else is a name of runtime/index.ts.
 */
export class CodeWriter {
  /** Definitions of k0, k1, … */
  readonly constants: string[] = [];
  readonly fields = new Set<string>();
  /** Named lists that they read. */
  readonly lists = new Set<string>();
  readonly #constantOf = new Map<string, string>();
  #temporaries = 0;

  constructor(readonly layout: FieldLayout) {}

  /** One compiled expression. What may still throw (a stack overflow) becomes an error value. */
  function(node: Node): string {
    return `(e,m)=>{try{${isCheap(node) ? '' : 'begin();'}${this.body(node)}}catch(c){return thrown(c)}}`;
  }

  /** A function's body with the temporaries it needs. */
  body(node: Node): string {
    return this.scoped(() => `return ${this.code(node)}`);
  }

  /** Statements of a function of their own, after the temporaries they need. */
  scoped(write: () => string): string {
    const outer = this.#temporaries;
    this.#temporaries = 0;
    const code = write();
    const names = Array.from({ length: this.#temporaries }, (_, i) => `t${i}`);
    this.#temporaries = outer;
    return names.length > 0 ? `let ${names.join(',')};${code}` : code;
  }

  temporary(): string {
    return `t${this.#temporaries++}`;
  }

  constant(definition: string): string {
    const known = this.#constantOf.get(definition);
    if (known !== undefined) return known;
    const name = `k${this.constants.length}`;
    this.constants.push(`${name}=${definition}`);
    this.#constantOf.set(definition, name);
    return name;
  }

  #listName(name: string): string {
    this.lists.add(name);
    return JSON.stringify(name);
  }

  #slot(name: string): number {
    this.fields.add(name);
    return this.layout.slot(name);
  }

  code(node: Node): string {
    switch (node.op) {
      case 'const':
        return this.literal(node.value);
      case 'event':
        return 'current(e)';
      case 'field':
        return node.of.op === 'event' ? `field(e,${this.#slot(node.name)})` : `fieldOf(${this.code(node.of)},${this.#slot(node.name)})`;
      case 'fieldOrType':
        return this.fieldOrType(node.field.name, this.code(node.field));
      case 'type':
        return this.constant(`typeNamed(${JSON.stringify(node.name)})`);
      case 'error':
        return this.constant(`thrown(${JSON.stringify(node.message)})`);
      case 'step':
        return `stepEvent(m,${node.step},${this.constant(`noStepEvent(${JSON.stringify(node.name)})`)})`;
      case 'steps':
        return `stepEvents(m,${node.step})`;
      case 'value':
        return `contextValue(m,${node.index})`;
      case 'local':
        return `x${node.depth}`;
      case 'select':
        return `select(${this.code(node.of)},${JSON.stringify(node.name)})`;
      case 'hasField':
        return `present(${this.code(node.field)})`;
      case 'hasKey':
        return `hasKey(${this.code(node.of)},${this.code(node.key)})`;
      case 'hasStep':
        return `hasStep(m,${node.step})`;
      case 'call':
        return this.#call(node);
      default:
        return this.#compound(node);
    }
  }

  fieldOrType(name: string, code: string): string {
    return `fieldOrType(${code},${this.constant(`typeNamed(${JSON.stringify(name)})`)})`;
  }

  #compound(node: Node): string {
    switch (node.op) {
      case 'logic':
        return this.#logic(node.and, node.left, node.right);
      case 'cond':
        return this.#cond(node.test, node.yes, node.no);
      case 'regex':
        return `matchesCompiled(${this.code(node.text)},${this.constant(`compileRegex(${JSON.stringify(node.pattern)})`)})`;
      case 'inSet':
        return `withinSet(${this.code(node.item)},${this.constant(`new Set([${node.set.map((c) => this.literal(c)).join(',')}])`)})`;
      case 'inList':
        return `inList(l,${this.#listName(node.list)},${this.code(node.item)})`;
      case 'lookup':
        return `lookup(l,${this.#listName(node.list)},${this.code(node.key)})`;
      case 'list':
        return this.#list(node.items);
      case 'map':
        return `makeMap([${node.entries.map((entry) => this.code(entry)).join(',')}])`;
      case 'macro':
        return this.#macro(node);
      case 'bind':
        return `(x${node.depth}=>{${this.body(node.body)}})(${this.code(node.value)})`;
      default:
        throw new TypeError(`no code for ${node.op}`);
    }
  }

  /** A shorter way where the arguments allow one, else the function of the runtime. */
  #call(node: Node & { op: 'call' }): string {
    const { run, args } = node;
    return (
      compareCode(this, run, args) ??
      stepCode(run, args) ??
      loopCode(this, run, args) ??
      `${run}(${args.map((arg) => this.code(arg)).join(',')})`
    );
  }

  /** && and || absorb an error on either side: the right side runs unless the left decides. */
  #logic(and: boolean, left: Node, right: Node): string {
    const [a, b] = [this.temporary(), this.temporary()];
    const [decisive, other] = and ? ['false', 'true'] : ['true', 'false'];
    return `((${a}=${this.code(left)})===${decisive}||(${b}=${this.code(right)})===${decisive}?${decisive}:${a}===${other}&&${b}===${other}?${other}:undecided("${and ? '_&&_' : '_||_'}",${a},${b}))`;
  }

  #cond(test: Node, yes: Node, no: Node): string {
    const t = this.temporary();
    return `((${t}=${this.code(test)})===true?${this.code(yes)}:${t}===false?${this.code(no)}:noCondition(${t}))`;
  }

  #list(items: readonly Node[]): string {
    const code = items.map((item) => this.code(item)).join(',');
    return items.every((item) => item.op === 'const') ? this.constant(`[${code}]`) : `makeList([${code}])`;
  }

  #macro(node: Node & { op: 'macro' }): string {
    const variables = node.pairs ? `([x${node.depth},x${node.depth + 1}])` : `x${node.depth}`;
    const visit = (part: Node | undefined) => (part === undefined ? 'undefined' : `${variables}=>{${this.body(part)}}`);
    const tail = node.macro === 'filterMap' ? `,${visit(node.step)}` : '';
    const range = this.code(node.range);
    return `${node.macro}(${node.pairs ? `entriesOf(${range})` : range},${visit(node.test)}${tail})`;
  }

  literal(value: Constant): string {
    if (value instanceof Uint8Array) return this.constant(`Uint8Array.of(${value.join(',')})`);
    if (typeof value !== 'number') return JSON.stringify(value);
    if (Object.is(value, -0)) return '(-0)';
    return value < 0 ? `(${value})` : String(value);
  }
}
