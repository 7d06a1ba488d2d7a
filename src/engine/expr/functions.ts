import type { RuntimeName } from './runtime/index.js';
import type { NodeType } from './node.js';

/** A function that expressions may call. `args` counts the target of a method. */
export interface FunctionSpec {
  readonly run: RuntimeName;
  readonly min: number;
  readonly max: number;
  readonly type: NodeType;
}

function spec(run: RuntimeName, type: NodeType, min = 1, max = min): FunctionSpec {
  return { run, min, max, type };
}

/** Operators by the names that the parser gives them. */
export const OPERATORS: ReadonlyMap<string, FunctionSpec> = new Map([
  ['_==_', spec('eq', 'boolean', 2)],
  ['_!=_', spec('ne', 'boolean', 2)],
  ['_<_', spec('lt', 'boolean', 2)],
  ['_<=_', spec('le', 'boolean', 2)],
  ['_>_', spec('gt', 'boolean', 2)],
  ['_>=_', spec('ge', 'boolean', 2)],
  ['_+_', spec('add', 'any', 2)],
  ['_-_', spec('sub', 'any', 2)],
  ['_*_', spec('mul', 'double', 2)],
  ['_/_', spec('div', 'double', 2)],
  ['_%_', spec('mod', 'double', 2)],
  ['-_', spec('neg', 'double', 1)],
  ['!_', spec('not', 'boolean', 1)],
  ['@in', spec('within', 'boolean', 2)],
  ['_[_]', spec('index', 'any', 2)],
]);

/** f(x) */
export const FUNCTIONS: ReadonlyMap<string, FunctionSpec> = new Map([
  ['size', spec('size', 'double')],
  ['matches', spec('matches', 'boolean', 2)],
  ['sum', spec('sum', 'double')],
  ['avg', spec('avg', 'double')],
  ['min', spec('min', 'double')],
  ['max', spec('max', 'double')],
  ['first', spec('first', 'any')],
  ['last', spec('last', 'any')],
  ['geoDistance', spec('geoDistance', 'double', 4)],
  ['int', spec('int', 'double')],
  ['double', spec('double', 'double')],
  ['string', spec('string', 'string')],
  ['bool', spec('bool', 'boolean')],
  ['bytes', spec('bytes', 'any')],
  ['dyn', spec('dyn', 'any')],
  ['timestamp', spec('timestamp', 'any')],
  ['duration', spec('duration', 'any')],
]);

const ACCESSORS: readonly RuntimeName[] = [
  'getFullYear',
  'getMonth',
  'getDate',
  'getDayOfMonth',
  'getDayOfWeek',
  'getDayOfYear',
  'getHours',
  'getMinutes',
  'getSeconds',
  'getMilliseconds',
];

/** x.f(y); the counts include x. */
export const METHODS: ReadonlyMap<string, FunctionSpec> = new Map([
  ['size', spec('size', 'double')],
  ['contains', spec('contains', 'boolean', 2)],
  ['startsWith', spec('startsWith', 'boolean', 2)],
  ['endsWith', spec('endsWith', 'boolean', 2)],
  ['matches', spec('matches', 'boolean', 2)],
  ['lowerAscii', spec('lowerAscii', 'string')],
  ['upperAscii', spec('upperAscii', 'string')],
  ['trim', spec('trim', 'string')],
  ['reverse', spec('reverse', 'string')],
  ['charAt', spec('charAt', 'string', 2)],
  ['split', spec('split', 'list', 2, 3)],
  ['replace', spec('replace', 'string', 3, 4)],
  ['substring', spec('substring', 'string', 2, 3)],
  ['indexOf', spec('indexOf', 'double', 2, 3)],
  ['lastIndexOf', spec('lastIndexOf', 'double', 2, 3)],
  ['join', spec('join', 'string', 1, 2)],
  ...ACCESSORS.map((name) => [name, spec(name, 'double', 1, 2)] as const),
]);

/** math.f(x) */
export const MATH: ReadonlyMap<string, FunctionSpec> = new Map([
  ['abs', spec('abs', 'double')],
  ['ceil', spec('ceil', 'double')],
  ['floor', spec('floor', 'double')],
  ['trunc', spec('trunc', 'double')],
  ['round', spec('round', 'double')],
  ['sqrt', spec('sqrt', 'double')],
  ['sign', spec('sign', 'double')],
  ['isNaN', spec('mathIsNaN', 'boolean')],
  ['isInf', spec('mathIsInf', 'boolean')],
  ['isFinite', spec('mathIsFinite', 'boolean')],
  ['greatest', spec('greatest', 'double', 1, 16)],
  ['least', spec('least', 'double', 1, 16)],
]);

/** Macros: the parser expands the right use, so a call that is left has the wrong arguments. */
export const MACROS: ReadonlyMap<string, string> = new Map([
  ['all', 'list.all(x, condition)'],
  ['exists', 'list.exists(x, condition)'],
  ['exists_one', 'list.exists_one(x, condition)'],
  ['existsOne', 'list.existsOne(x, condition)'],
  ['filter', 'list.filter(x, condition)'],
  ['map', 'list.map(x, value) or list.map(x, condition, value)'],
]);

/** Every function name, for suggestions. */
export function functionNames(): string[] {
  return [...FUNCTIONS.keys(), ...METHODS.keys(), ...MACROS.keys(), ...[...MATH.keys()].map((name) => `math.${name}`), 'has'];
}
