import type { CodeWriter } from './compile.js';
import type { Node } from './node.js';
import type { RuntimeName } from './runtime/index.js';

const OF_STEP: Readonly<Record<string, RuntimeName>> = { first: 'stepFirst', last: 'stepLast', size: 'stepSize' };

/** first, last and size of a step's events without their list. */
export function stepCode(run: RuntimeName, [list]: readonly Node[]): string | undefined {
  return list?.op === 'steps' && Object.hasOwn(OF_STEP, run) ? `${OF_STEP[run]}(m,${list.step})` : undefined;
}

interface Fold {
  /** Before the first item. */
  readonly start: string;
  /** With the item in v, a number in w, the result in a. */
  readonly add: string;
  /** With the number of items in n. */
  readonly result: string;
}

/** Functions that need of a list only one item at a time. */
const FOLDS: Readonly<Record<string, Fold>> = {
  sum: { start: '0', add: 'a+=w', result: 'a' },
  avg: { start: '0', add: 'a+=w', result: 'n===0?emptyList("avg"):a/n' },
  min: { start: 'Infinity', add: 'a=Math.min(a,w)', result: 'n===0?emptyList("min"):a' },
  max: { start: '-Infinity', add: 'a=Math.max(a,w)', result: 'n===0?emptyList("max"):a' },
};

/** sum, avg, min, max and size over map or filter: one loop, and the list in between is never made. */
export function loopCode(to: CodeWriter, run: RuntimeName, [list]: readonly Node[]): string | undefined {
  if (list?.op !== 'macro' || list.macro !== 'filterMap' || list.pairs) return undefined;
  if (run !== 'size' && !Object.hasOwn(FOLDS, run)) return undefined;
  const loop = to.scoped(() => {
    const item = `const x${list.depth}=s[i];${skipCode(to, list.test)}${itemCode(to, run, list)}n++`;
    const { start, result } = run === 'size' ? { start: '0', result: 'n' } : FOLDS[run];
    return `const s=itemsOf(r);if(s===undefined)return noOverload("map",r);const o=charge(s.length);if(o!==undefined)return o;let n=0,a=${start};for(let i=0;i<s.length;i++){${item}}return ${result}`;
  });
  return `(r=>{${loop}})(${to.code(list.range)})`;
}

function skipCode(to: CodeWriter, test: Node | undefined): string {
  if (test === undefined) return '';
  const t = to.temporary();
  return `${t}=${to.code(test)};if(${t}!==true){if(${t}===false)continue;return noOverload("filter",${t})}`;
}

function itemCode(to: CodeWriter, run: RuntimeName, { step, depth }: Node & { op: 'macro' }): string {
  const value = step === undefined ? `x${depth}` : to.code(step);
  if (run !== 'size') {
    return `const v=${value};const w=typeof v==="number"?v:typeof v==="bigint"?Number(v):undefined;if(w===undefined)return noOverload("${run}",v);${FOLDS[run].add};`;
  }
  return step === undefined ? '' : `const v=${value};if(isError(v))return v;`;
}
