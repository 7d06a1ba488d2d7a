import type { Expr, Expr_Comprehension, Expr_CreateStruct, Expr_Select } from '@bufbuild/cel-spec/cel/expr/syntax_pb.js';
import { lowerCall } from './lower-call.js';
import { lowerConstant } from './lower-constant.js';
import { hasOf, lowerName, member } from './lower-name.js';
import type { Node, NodeType } from './node.js';
import { type Parsed, tooDeep } from './parse.js';
import type { ExpressionLimits, ExpressionProblem, ExpressionScope } from './scope.js';

/** Stands for what could not be resolved, so that all problems of an expression are found at once. */
export const UNKNOWN: Node = { op: 'const', value: null, type: 'any' };

interface Local {
  readonly name: string;
  readonly type: NodeType;
}

/**
 * Stage 2: the standard tree to nodes. Resolves names (macro variables, then steps, then fields),
 * checks functions and argument counts, makes integers doubles, and collects every problem.
 */
export class Lowering {
  readonly problems: ExpressionProblem[] = [];
  /** Macro variables, the innermost last. */
  readonly locals: Local[] = [];
  #nodes = 0;
  #depth = 0;

  constructor(
    readonly parsed: Parsed,
    readonly scope: ExpressionScope,
    readonly limits: ExpressionLimits,
  ) {}

  problem(at: Expr, code: string, message: string, more: Partial<ExpressionProblem> = {}): Node {
    this.problems.push({ code, message, position: this.parsed.positionOf(at.id), ...more });
    return UNKNOWN;
  }

  lower(expr: Expr | undefined): Node {
    if (expr === undefined || !this.#affordable(expr)) return UNKNOWN;
    this.#depth++;
    const node = this.#lower(expr);
    this.#depth--;
    return node;
  }

  #affordable(expr: Expr): boolean {
    if (this.#nodes > this.limits.maxNodes) return false;
    if (this.#depth >= this.limits.maxNesting * 4) {
      this.#nodes = this.limits.maxNodes + 1;
      this.problems.push(tooDeep(this.parsed.positionOf(expr.id), this.limits));
      return false;
    }
    if (++this.#nodes > this.limits.maxNodes) {
      this.problem(expr, 'expression-too-large', `an expression may have ${this.limits.maxNodes} parts`);
      return false;
    }
    return true;
  }

  #lower(expr: Expr): Node {
    const kind = expr.exprKind;
    switch (kind.case) {
      case 'constExpr':
        return lowerConstant(this, expr, kind.value);
      case 'identExpr':
        return lowerName(this, expr, kind.value.name);
      case 'selectExpr':
        return this.#select(expr, kind.value);
      case 'callExpr':
        return lowerCall(this, expr, kind.value);
      case 'listExpr':
        return { op: 'list', items: kind.value.elements.map((item) => this.lower(item)), type: 'list' };
      case 'structExpr':
        return this.#struct(expr, kind.value);
      case 'comprehensionExpr':
        return this.#macro(expr, kind.value);
      default:
        return this.problem(expr, 'cel-syntax', 'not an expression');
    }
  }

  #select(expr: Expr, select: Expr_Select): Node {
    const of = this.lower(select.operand);
    return (select.testOnly ? hasOf : member)(this, expr, of, select.field);
  }

  #struct(expr: Expr, struct: Expr_CreateStruct): Node {
    if (struct.messageName !== '')
      return this.problem(expr, 'cel-unsupported', `there are no message types: ${struct.messageName}`, { found: struct.messageName });
    const entries = struct.entries.flatMap((entry) =>
      entry.keyKind.case === 'mapKey' ? [this.lower(entry.keyKind.value), this.lower(entry.value)] : [],
    );
    return { op: 'map', entries, type: 'object' };
  }

  /** The parser expands macros; their parts are taken out of the expansion again. */
  #macro(expr: Expr, c: Expr_Comprehension): Node {
    const range = this.lower(c.iterRange);
    const depth = this.locals.length;
    this.locals.push({ name: c.iterVar, type: range.type === 'events' ? 'event' : 'any' });
    const args = argsOf(c.loopStep);
    const node = this.#macroOn(this.parsed.macroOf(expr.id), range, depth, args);
    this.locals.pop();
    return node ?? this.problem(expr, 'cel-syntax', 'not a macro');
  }

  #macroOn(name: string | undefined, range: Node, depth: number, args: readonly Expr[]): Node | undefined {
    switch (name) {
      case 'all':
      case 'exists':
        return { op: 'macro', macro: name, range, depth, test: this.lower(args[1]), type: 'boolean' };
      case 'exists_one':
      case 'existsOne':
        return { op: 'macro', macro: 'existsOne', range, depth, test: this.lower(args[0]), type: 'boolean' };
      case 'filter':
        return {
          op: 'macro',
          macro: 'filterMap',
          range,
          depth,
          test: this.lower(args[0]),
          type: range.type === 'events' ? 'events' : 'list',
        };
      case 'map':
        return this.#mapMacro(range, depth, args);
      default:
        return undefined;
    }
  }

  /** map(x, f): result + [f]. map(x, p, f): p ? result + [f] : result. */
  #mapMacro(range: Node, depth: number, args: readonly Expr[]): Node {
    const conditional = args.length === 3;
    const appended = conditional ? argsOf(args[1])[1] : args[1];
    const test = conditional ? this.lower(args[0]) : undefined;
    const step = this.lower(appended.exprKind.case === 'listExpr' ? appended.exprKind.value.elements[0] : undefined);
    return { op: 'macro', macro: 'filterMap', range, depth, test, step, type: step.type === 'event' ? 'events' : 'list' };
  }
}

function argsOf(expr: Expr | undefined): readonly Expr[] {
  return expr?.exprKind.case === 'callExpr' ? expr.exprKind.value.args : [];
}
