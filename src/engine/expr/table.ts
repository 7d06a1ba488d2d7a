import type { FieldLayout } from '../event/field-layout.js';
import { analyze, type ConditionAnalysis } from './analyze.js';
import { CodeWriter } from './compile.js';
import { lowerExpression } from './front.js';
import { type ListStore, NO_LISTS } from './lists.js';
import type { Node } from './node.js';
import { runtime } from './runtime/index.js';
import { type CompiledExpression, DEFAULT_LIMITS, type ExpressionLimits, type ExpressionProblem, type ExpressionScope } from './scope.js';
import { lowerTemplate } from './template.js';

/** An expression that has problems was given to the builder: check first. */
export class ExpressionError extends Error {
  constructor(
    readonly source: string,
    readonly problems: readonly ExpressionProblem[],
  ) {
    super(`${problems[0].message} at ${problems[0].position} of ${JSON.stringify(source.slice(0, 200))}`);
    this.name = 'ExpressionError';
  }
}

/** A rule's expressions, compiled together; functions and sources by expression number. */
export interface ExpressionTable {
  readonly functions: readonly CompiledExpression[];
  readonly sources: readonly string[];
  /** The top-level event fields that they read. */
  readonly fields: ReadonlySet<string>;
  /** The named lists that they read. */
  readonly lists: ReadonlySet<string>;
}

/** A rule's source is refused beyond this many characters of generated code. */
const MAX_CODE = 1 << 20;

/** All problems of a condition; empty when it can be added to a table. */
export function checkExpression(source: string, scope: ExpressionScope, limits = DEFAULT_LIMITS): ExpressionProblem[] {
  const result = lowerExpression(source, scope, limits);
  return Array.isArray(result) ? result : [];
}

/**
 * What a condition looks at, and its parts that `&&` joins.
 * @throws ExpressionError when checkExpression has problems
 */
export function analyzeExpression(source: string, scope: ExpressionScope, limits = DEFAULT_LIMITS): ConditionAnalysis {
  return analyze(checked(source, lowerExpression(source, scope, limits)));
}

function checked(source: string, lowered: Node | ExpressionProblem[]): Node {
  if (Array.isArray(lowered)) throw new ExpressionError(source, lowered);
  return lowered;
}

/** All problems of a template such as "Card ${key}: ${size(small)} payments". */
export function checkTemplate(source: string, scope: ExpressionScope, limits = DEFAULT_LIMITS): ExpressionProblem[] {
  const result = lowerTemplate(source, scope, limits);
  return Array.isArray(result) ? result : [];
}

/**
 * Collects a rule's expressions and compiles them with one `new Function` into a table of functions.
 * Adding the same text in the same scope twice gives two entries.
 */
export class ExpressionTableBuilder {
  readonly #writer: CodeWriter;
  readonly #functions: string[] = [];
  readonly #natives: CompiledExpression[] = [];
  readonly #sources: string[] = [];
  #size = 0;

  constructor(
    layout: FieldLayout,
    readonly limits: ExpressionLimits = DEFAULT_LIMITS,
  ) {
    this.#writer = new CodeWriter(layout);
  }

  /**
   * The expression's number in the table.
   * @throws ExpressionError when checkExpression has problems
   */
  add(source: string, scope: ExpressionScope): number {
    return this.#add(source, lowerExpression(source, scope, this.limits));
  }

  /** A condition's number in the table, and what it looks at. @throws ExpressionError when checkExpression has problems */
  addCondition(source: string, scope: ExpressionScope): { number: number; analysis: ConditionAnalysis } {
    const node = checked(source, lowerExpression(source, scope, this.limits));
    return { number: this.#add(source, node), analysis: analyze(node) };
  }

  /**
   * A template, as a function that gives a string; what fails inside is rendered as nothing.
   * @throws ExpressionError when checkTemplate has problems
   */
  addTemplate(source: string, scope: ExpressionScope): number {
    return this.#add(source, lowerTemplate(source, scope, this.limits));
  }

  /** A function of the program among the expressions; `text` is what errors name. It never throws. */
  addFunction(text: string, evaluate: CompiledExpression): number {
    this.#natives.push(evaluate);
    this.#sources.push(text);
    return this.#functions.push(`n[${this.#natives.length - 1}]`) - 1;
  }

  #add(source: string, lowered: Node | ExpressionProblem[]): number {
    const code = this.#writer.function(checked(source, lowered));
    this.#size += code.length;
    if (this.#size > MAX_CODE) {
      throw new ExpressionError(source, [
        { code: 'expression-too-large', message: "the rule's expressions together are too large", position: 0 },
      ]);
    }
    this.#sources.push(source);
    return this.#functions.push(code) - 1;
  }

  /** `lists` is asked at every evaluation. */
  build(lists: ListStore = NO_LISTS): ExpressionTable {
    const { constants, fields, lists: listNames } = this.#writer;
    const body = `"use strict";const{${Object.keys(runtime).join(',')}}=h;${constants.map((c) => `const ${c};`).join('')}return[${this.#functions.join(',\n')}]`;
    const functions = new Function('h', 'n', 'l', body)(runtime, this.#natives, lists) as CompiledExpression[];
    return Object.freeze({
      functions: Object.freeze(functions),
      sources: Object.freeze([...this.#sources]),
      fields: new Set(fields),
      lists: new Set(listNames),
    });
  }
}
