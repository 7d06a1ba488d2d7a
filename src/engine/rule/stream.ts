import { isZone, parseIsoTime } from '../event/decode/iso-time.js';
import { checkExpression, type ExpressionScope } from '../expr/index.js';
import { Fields, Findings } from '../problem/fields.js';
import { nearest, type Problem, shown } from '../problem/problem.js';
import {
  FIELD_TYPES,
  type FieldType,
  type KafkaSource,
  RECORD_PARTS,
  type RecordPart,
  type StreamDefinition,
  type StreamSource,
  TIME_FORMATS,
  type TimeDefinition,
} from './definition.js';
import { expressionLimits, reportExpression } from './expressions.js';
import { deepFreeze } from './freeze.js';
import { DEFAULT_DOCUMENT_LIMITS, type DocumentLimits } from './limits.js';

const KEYS = ['name', 'source', 'id', 'time', 'outOfOrderness', 'idleAfter', 'quietAfter', 'dedupe', 'partitionedBy', 'fields'] as const;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
/** What Kafka takes as a topic's name. */
const TOPIC = /^[A-Za-z0-9._-]{1,249}$/;
const MAX_PARTITIONS = 1_024;
const MAX_FIELDS = 1_000;

export interface StreamReadOptions {
  readonly limits?: Partial<DocumentLimits>;
  /** The name when the document has none (PUT /streams/:name); another one in the document is a problem. */
  readonly name?: string;
}

export interface StreamReadResult {
  readonly stream?: StreamDefinition;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Checks a parsed stream document; all problems at once, `stream` only when there are none. */
export function readStream(value: unknown, options: StreamReadOptions = {}): StreamReadResult {
  const findings = new Findings();
  const fields = Fields.of(value, '', findings, KEYS);
  const stream = fields && readKeys(fields, options);
  const { problems, warnings } = findings;
  return problems.length > 0 || stream === undefined ? { problems, warnings } : { stream: deepFreeze(stream), problems, warnings };
}

function readKeys(fields: Fields, options: StreamReadOptions): StreamDefinition | undefined {
  const schema = readSchema(fields);
  // What decides about an event itself may not change with a list.
  const scope: ExpressionScope = { event: true, steps: [], fields: schema, lists: [] };
  const limits = { ...DEFAULT_DOCUMENT_LIMITS, ...options.limits };
  const name = readName(fields, options.name);
  const id = readExpression(fields, 'id', scope, limits);
  const source = readSource(fields);
  const kafka = source?.kind === 'kafka';
  if (source === undefined) return undefined;
  const stream = {
    name: name ?? '',
    source,
    id,
    time: readTime(fields),
    outOfOrderness: fields.duration('outOfOrderness', 0) ?? (kafka ? 5_000 : 0),
    idleAfter: orDefault(fields.duration('idleAfter', 0, true), kafka ? 30_000 : 1_000),
    quietAfter: orDefault(fields.duration('quietAfter', 1, true), 5_000),
    dedupe: readDedupe(fields),
    partitionedBy: readExpression(fields, 'partitionedBy', scope, limits),
    fields: schema,
  };
  return stream;
}

/** null says `never`, which is no default. */
function orDefault(ms: number | null | undefined, fallback: number): number | null {
  return ms === undefined ? fallback : ms;
}

function readName(fields: Fields, given: string | undefined): string | undefined {
  const expected = 'letters, digits, `.`, `_` and `-`, at most 100';
  if (!fields.has('name') && given !== undefined) return checkName(fields, given, expected);
  const name = fields.requiredText('name', expected);
  if (name === undefined) return undefined;
  if (given !== undefined && name !== given) {
    return fields.findings.problem(
      'name-mismatch',
      fields.at('name'),
      `the document names the stream \`${name}\`, the address \`${given}\``,
      { found: shown(name), expected: shown(given) },
    );
  }
  return checkName(fields, name, expected);
}

function checkName(fields: Fields, name: string, expected: string): string | undefined {
  if (NAME.test(name)) return name;
  return fields.findings.problem('invalid-name', fields.at('name'), `\`${name}\` cannot name a stream`, { found: shown(name), expected });
}

function readSource(fields: Fields): StreamSource | undefined {
  const source = fields.nested('source', ['http', 'kafka']);
  if (source?.has('kafka')) {
    if (!source.has('http')) return readKafka(source);
    return source.findings.problem('several-sources', source.pointer, 'a stream has one source', { expected: '`http` or `kafka`' });
  }
  const http = source?.nested('http', ['partitions']);
  return { kind: 'http', partitions: http?.integer('partitions', 1, MAX_PARTITIONS) ?? 1 };
}

function readKafka(source: Fields): StreamSource | undefined {
  const kafka = source.nested('kafka', ['topic', 'start', 'include']);
  const topic = kafka?.requiredText('topic', 'the name of a topic');
  if (kafka === undefined || topic === undefined) return undefined;
  if (!TOPIC.test(topic) || topic === '.' || topic === '..') {
    const expected = 'letters, digits, `.`, `_` and `-`, at most 249';
    return kafka.findings.problem('invalid-name', kafka.at('topic'), `\`${topic}\` cannot name a topic`, { found: shown(topic), expected });
  }
  return { kind: 'kafka', topic, start: readStart(kafka), include: readInclude(kafka) };
}

function readStart(kafka: Fields): KafkaSource['start'] {
  const start = kafka.get('start') ?? 'earliest';
  if (start === 'earliest' || start === 'latest') return start;
  const time = typeof start === 'string' ? parseIsoTime(start, undefined) : start;
  if (typeof time === 'number' && Number.isSafeInteger(time) && time >= 0) return time;
  const expected = 'earliest, latest, epoch milliseconds, or an ISO 8601 time with an offset';
  kafka.findings.problem('invalid-value', kafka.at('start'), '`start` is no place to start', { found: shown(start), expected });
  return 'earliest';
}

function readInclude(kafka: Fields): readonly RecordPart[] {
  const include = kafka.get('include') ?? [];
  if (Array.isArray(include) && include.every((part) => RECORD_PARTS.includes(part as RecordPart))) return include as RecordPart[];
  const expected = `a list of ${RECORD_PARTS.join(', ')}`;
  kafka.findings.problem('invalid-value', kafka.at('include'), '`include` names what a record does not have', {
    found: shown(include),
    expected,
  });
  return [];
}

function readTime(fields: Fields): TimeDefinition | undefined {
  const time = fields.nested('time', ['field', 'format', 'zone']);
  if (time === undefined) return undefined;
  const field = time.requiredText('field', 'the name of the field with the time; dots lead into objects');
  const format = time.oneOf('format', TIME_FORMATS) ?? 'epochMillis';
  const zone = time.text('zone', 'a zone such as Europe/Berlin');
  if (zone !== undefined && !isZone(zone)) {
    const suggestion = nearest(zone, Intl.supportedValuesOf('timeZone'));
    time.findings.problem('unknown-zone', time.at('zone'), `there is no time zone \`${zone}\``, {
      found: shown(zone),
      expected: 'an IANA name such as Europe/Berlin',
      suggestion,
    });
  }
  if (zone !== undefined && format !== 'iso8601') {
    time.findings.warnings.push({
      code: 'zone-without-effect',
      message: '`zone` has an effect only with format iso8601',
      pointer: time.at('zone'),
    });
  }
  return field === undefined ? undefined : { field, path: field.split('.'), format, zone };
}

function readDedupe(fields: Fields): { for: number } | undefined {
  const dedupe = fields.nested('dedupe', ['for']);
  if (dedupe === undefined) return undefined;
  if (!fields.has('id'))
    dedupe.findings.problem('dedupe-needs-id', dedupe.pointer, '`dedupe` needs `id`: repeated events are known by their id', {
      expected: '`id`, an expression',
    });
  const ms = dedupe.has('for') ? dedupe.duration('for', 1) : dedupe.missing('for', 'a duration such as 10m');
  return typeof ms === 'number' ? { for: ms } : undefined;
}

function readSchema(fields: Fields): Record<string, FieldType> | undefined {
  if (!fields.has('fields')) return undefined;
  const names = Object.keys(Object(fields.get('fields')));
  const schema = fields.nested('fields', names);
  if (schema === undefined) return undefined;
  if (names.length > MAX_FIELDS)
    return fields.findings.problem('out-of-range', schema.pointer, `the schema has ${names.length} fields`, {
      expected: `at most ${MAX_FIELDS} fields`,
    });
  const types: [string, FieldType][] = [];
  for (const name of names) {
    const type = schema.oneOf(name, FIELD_TYPES);
    if (type !== undefined) types.push([name, type]);
  }
  return Object.fromEntries(types);
}

function readExpression(fields: Fields, key: string, scope: ExpressionScope, limits: DocumentLimits): string | undefined {
  const source = fields.text(key, 'an expression');
  if (source !== undefined) reportExpression(checkExpression(source, scope, expressionLimits(limits)), fields.at(key), fields.findings);
  return source;
}
