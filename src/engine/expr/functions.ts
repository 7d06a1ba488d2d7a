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
  ['type', spec('type', 'any')],
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
  ['format', spec('format', 'string', 2)],
  ...ACCESSORS.map((name) => [name, spec(name, 'double', 1, 2)] as const),
]);

/** Functions whose name has two parts. */
export const NAMESPACED: ReadonlyMap<string, FunctionSpec> = new Map([
  ['math.abs', spec('abs', 'double')],
  ['math.ceil', spec('ceil', 'double')],
  ['math.floor', spec('floor', 'double')],
  ['math.trunc', spec('trunc', 'double')],
  ['math.round', spec('round', 'double')],
  ['math.sqrt', spec('sqrt', 'double')],
  ['math.sign', spec('sign', 'double')],
  ['math.isNaN', spec('mathIsNaN', 'boolean')],
  ['math.isInf', spec('mathIsInf', 'boolean')],
  ['math.isFinite', spec('mathIsFinite', 'boolean')],
  ['math.greatest', spec('greatest', 'double', 1, 16)],
  ['math.least', spec('least', 'double', 1, 16)],
  ['math.bitAnd', spec('bitAnd', 'double', 2)],
  ['math.bitOr', spec('bitOr', 'double', 2)],
  ['math.bitXor', spec('bitXor', 'double', 2)],
  ['math.bitNot', spec('bitNot', 'double')],
  ['math.bitShiftLeft', spec('bitShiftLeft', 'double', 2)],
  ['math.bitShiftRight', spec('bitShiftRight', 'double', 2)],
  ['strings.quote', spec('quote', 'string')],
  ['base64.encode', spec('base64Encode', 'string')],
  ['base64.decode', spec('base64Decode', 'any')],
]);

/** The first parts of such names. */
export const NAMESPACES: ReadonlySet<string> = new Set([...NAMESPACED.keys()].map((name) => name.split('.')[0]));

/** Macros: the parser expands the right use, so a call that is left has the wrong arguments. */
export const MACROS: ReadonlyMap<string, string> = new Map([
  ['all', 'list.all(x, condition)'],
  ['exists', 'list.exists(x, condition)'],
  ['exists_one', 'list.exists_one(x, condition)'],
  ['existsOne', 'list.existsOne(x, condition)'],
  ['filter', 'list.filter(x, condition)'],
  ['map', 'list.map(x, value) or list.map(x, condition, value)'],
  ['transformList', 'list.transformList(i, x, value) or list.transformList(i, x, condition, value)'],
  ['transformMap', 'map.transformMap(k, v, value) or map.transformMap(k, v, condition, value)'],
]);

/** Every function name, for suggestions. */
export function functionNames(): string[] {
  return [...FUNCTIONS.keys(), ...METHODS.keys(), ...MACROS.keys(), ...NAMESPACED.keys(), 'cel.bind', 'list', 'lookup', 'has'];
}
