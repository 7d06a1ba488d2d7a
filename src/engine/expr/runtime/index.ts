/** Everything that generated code may call, by the name it calls it. */
import * as access from './access.js';
import * as arithmetic from './arithmetic.js';
import * as bits from './bits.js';
import { begin, charge } from './budget.js';
import * as compare from './compare.js';
import * as convert from './convert.js';
import * as format from './format.js';
import * as lists from './lists.js';
import * as logic from './logic.js';
import * as math from './math.js';
import * as namedLists from './named-lists.js';
import * as regex from './regex.js';
import * as strings from './strings.js';
import * as text from './text.js';
import * as time from './time.js';
import { fieldOrType, type, typeNamed } from './types.js';
import { isError, makeList, makeMap, noOverload } from './values.js';

export const runtime = {
  eq: compare.eq,
  ne: compare.ne,
  lt: compare.lt,
  le: compare.le,
  gt: compare.gt,
  ge: compare.ge,
  add: arithmetic.add,
  sub: arithmetic.sub,
  mul: arithmetic.mul,
  div: arithmetic.div,
  mod: arithmetic.mod,
  neg: arithmetic.neg,
  ...bits,
  ...namedLists,
  ...format,
  begin,
  charge,
  type,
  typeNamed,
  fieldOrType,
  ...logic,
  ...access,
  ...lists,
  ...convert,
  ...time,
  isError,
  noOverload,
  makeList,
  makeMap,
  matches: regex.matches,
  matchesCompiled: regex.matchesCompiled,
  compileRegex: regex.compileRegex,
  renderAll: text.renderAll,
  abs: math.abs,
  ceil: math.ceil,
  floor: math.floor,
  trunc: math.trunc,
  round: math.round,
  sqrt: math.sqrt,
  sign: math.sign,
  mathIsNaN: math.isNaN,
  mathIsInf: math.isInf,
  mathIsFinite: math.isFinite,
  greatest: math.greatest,
  least: math.least,
  geoDistance: math.geoDistance,
  ...strings,
};

export type RuntimeName = keyof typeof runtime;
