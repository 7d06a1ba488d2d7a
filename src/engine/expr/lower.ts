import type { Expr, Expr_CreateStruct, Expr_Select } from '@bufbuild/cel-spec/cel/expr/syntax_pb.js';
import { lowerCall } from './lower-call.js';
import { lowerConstant } from './lower-constant.js';
import { lowerMacro } from './lower-macro.js';
import { hasOf, lowerName, member, typeOf } from './lower-name.js';
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
        return lowerMacro(this, expr, kind.value);
      default:
        return this.problem(expr, 'cel-syntax', 'not an expression');
    }
  }

  #select(expr: Expr, select: Expr_Select): Node {
    const type = typeOf(this, expr);
    if (type !== undefined) return type;
    const of = this.lower(select.operand);
    return (select.testOnly ? hasOf : member)(this, expr, of, this.parsed.quoted.get(select.field) ?? select.field);
  }

  #struct(expr: Expr, struct: Expr_CreateStruct): Node {
    if (struct.messageName !== '')
      return this.problem(expr, 'cel-unsupported', `there are no message types: ${struct.messageName}`, { found: struct.messageName });
    const entries = struct.entries.flatMap((entry) =>
      entry.keyKind.case === 'mapKey' ? [this.lower(entry.keyKind.value), this.lower(entry.value)] : [],
    );
    return { op: 'map', entries, type: 'object' };
  }
}
