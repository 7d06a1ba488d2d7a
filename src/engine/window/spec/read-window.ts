/** A rule's `window` to a WindowSpec; reports all that is wrong with it. */
import { isZone } from '../../event/decode/iso-time.js';
import { Fields } from '../../problem/fields.js';
import { shown } from '../../problem/problem.js';
import { parseDuration } from '../../time/duration.js';
import { WINDOW_KINDS, type WindowSpec } from './window-spec.js';

/** Bounds what a count window keeps for each key. */
export const MAX_COUNT = 100_000;

const DAY = 86_400_000;

const EXPECTED = '{tumbling: 15s}, {sliding: {size: 15s, every: 5s}}, {session: 10m}, {count: 5} or {count: {size: 10, every: 2}}';

/** The key `window` of a rule; undefined with problems. */
export function readWindow(rule: Fields): WindowSpec | undefined {
  if (!rule.has('window')) return rule.missing('window', EXPECTED);
  const fields = rule.nested('window', [...WINDOW_KINDS, 'offset', 'timezone']);
  if (fields === undefined) return undefined;
  const kinds = WINDOW_KINDS.filter((kind) => fields.has(kind));
  if (kinds.length !== 1) {
    return fields.findings.problem('invalid-window', fields.pointer, 'a window has exactly one kind', {
      found: kinds.join(', ') || 'none',
      expected: EXPECTED,
    });
  }
  const [kind] = kinds;
  if (fields.has('offset') && kind !== 'tumbling' && kind !== 'sliding') {
    fields.findings.problem('not-applicable', fields.at('offset'), `\`offset\` does not go with a ${kind} window`, {
      found: shown(fields.get('offset')),
    });
  }
  if (fields.has('timezone') && kind !== 'tumbling') {
    fields.findings.problem('not-applicable', fields.at('timezone'), `\`timezone\` does not go with a ${kind} window`, {
      found: shown(fields.get('timezone')),
    });
  }
  return READERS[kind](fields);
}

const READERS: { readonly [K in WindowSpec['kind']]: (fields: Fields) => WindowSpec | undefined } = {
  tumbling: readTumbling,
  sliding: readSliding,
  session: readSession,
  count: readCount,
};

function readTumbling(fields: Fields): WindowSpec | undefined {
  const size = fields.duration('tumbling', 1);
  const offset = readOffset(fields, size);
  const timezone = readTimezone(fields, size);
  return size == null || offset === undefined ? undefined : { kind: 'tumbling', size, offset, timezone };
}

/** Only days differ in length from zone to zone. */
function readTimezone(fields: Fields, size: number | null | undefined): string | undefined {
  const timezone = fields.text('timezone', 'the name of a time zone such as Europe/Berlin');
  if (timezone === undefined) return undefined;
  if (!isZone(timezone)) {
    return fields.findings.problem('unknown-zone', fields.at('timezone'), `there is no time zone \`${timezone}\``, {
      found: shown(timezone),
      expected: 'a name such as Europe/Berlin or UTC',
    });
  }
  if (size == null || size % DAY === 0) return timezone;
  return fields.findings.problem('not-applicable', fields.at('timezone'), '`timezone` needs windows of whole days', {
    found: shown(fields.get('tumbling')),
    expected: 'whole days, such as 1d',
  });
}

function readSliding(fields: Fields): WindowSpec | undefined {
  const sliding = fields.nested('sliding', ['size', 'every']);
  if (sliding === undefined) return undefined;
  for (const key of ['size', 'every']) if (!sliding.has(key)) sliding.missing(key, 'a duration such as 15s');
  const size = sliding.duration('size', 1);
  const every = sliding.duration('every', 1);
  const offset = readOffset(fields, every);
  return size == null || every == null || offset === undefined ? undefined : { kind: 'sliding', size, every, offset };
}

function readSession(fields: Fields): WindowSpec | undefined {
  const gap = fields.duration('session', 1);
  return gap == null ? undefined : { kind: 'session', gap };
}

function readCount(fields: Fields): WindowSpec | undefined {
  if (typeof fields.get('count') !== 'object') {
    const size = fields.integer('count', 1, MAX_COUNT);
    return size === undefined ? undefined : { kind: 'count', size, every: size };
  }
  const count = fields.nested('count', ['size', 'every']);
  if (count === undefined) return undefined;
  for (const key of ['size', 'every']) if (!count.has(key)) count.missing(key, `a whole number from 1 to ${MAX_COUNT}`);
  const size = count.integer('size', 1, MAX_COUNT);
  const every = count.integer('every', 1, MAX_COUNT);
  return size === undefined || every === undefined ? undefined : { kind: 'count', size, every };
}

/** May be negative; smaller than a period, as Flink asks. 0 when absent. */
function readOffset(fields: Fields, period: number | null | undefined): number | undefined {
  const value = fields.get('offset');
  if (value === undefined) return 0;
  const expected = 'a duration, shorter than the time from one window to the next; it may be negative';
  if (typeof value !== 'string') return fields.findings.wrongType(fields.at('offset'), value, expected);
  const ms = parseDuration(value, { allowNegative: true });
  if (ms === undefined) {
    return fields.findings.problem('invalid-duration', fields.at('offset'), '`offset` is not a duration', {
      found: shown(value),
      expected,
    });
  }
  if (period == null || Math.abs(ms) < period) return ms;
  return fields.findings.problem('out-of-range', fields.at('offset'), '`offset` is not shorter than the time from one window to the next', {
    found: shown(value),
    expected,
  });
}
