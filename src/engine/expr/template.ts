import { lowerExpression } from './front.js';
import type { Node } from './node.js';
import { skipOpaque } from './scan.js';
import type { ExpressionLimits, ExpressionProblem, ExpressionScope } from './scope.js';

interface Part {
  readonly text: string;
  /** Where an expression starts in the template; absent for literal text. */
  readonly position?: number;
}

/** "text ${expression} text"; `$${` is a literal `${`. */
export function lowerTemplate(source: string, scope: ExpressionScope, limits: ExpressionLimits): Node | ExpressionProblem[] {
  if (source.length > limits.maxLength) {
    return [
      {
        code: 'expression-too-long',
        message: `a template may have ${limits.maxLength} characters`,
        position: limits.maxLength,
        found: String(source.length),
        expected: `at most ${limits.maxLength}`,
      },
    ];
  }
  const parts = split(source);
  if (!Array.isArray(parts)) return [parts];
  const problems: ExpressionProblem[] = [];
  const args = parts.map(({ text, position }): Node => {
    const literal: Node = { op: 'const', value: text, type: 'string' };
    if (position === undefined) return literal;
    const lowered = lowerExpression(text, scope, limits);
    if (!Array.isArray(lowered)) return lowered;
    problems.push(...lowered.map((p) => ({ ...p, position: p.position + position })));
    return literal;
  });
  return problems.length > 0 ? problems : { op: 'call', run: 'renderAll', args, type: 'string' };
}

function split(source: string): Part[] | ExpressionProblem {
  const parts: Part[] = [];
  let text = '';
  for (let i = 0; i < source.length; i++) {
    if (source.startsWith('$${', i)) {
      text += '${';
      i += 2;
    } else if (source.startsWith('${', i)) {
      const end = closing(source, i + 2);
      if (end < 0)
        return {
          code: 'cel-syntax',
          message: "'${' is not closed",
          position: i,
          expected: "'}' after the expression, or '$${' for a literal '${'",
        };
      parts.push({ text }, { text: source.slice(i + 2, end), position: i + 2 });
      text = '';
      i = end;
    } else text += source[i];
  }
  return [...parts, { text }];
}

/** The brace that closes an expression begun at `from`, or -1. */
function closing(source: string, from: number): number {
  let depth = 0;
  for (let i = from; i < source.length; i++) {
    const after = skipOpaque(source, i);
    if (after > i) {
      i = after - 1;
      continue;
    }
    if (source[i] === '{') depth++;
    else if (source[i] === '}' && depth-- === 0) return i;
  }
  return -1;
}
