import { formatDuration } from '../../time/duration.js';
import { Fields } from '../../problem/fields.js';
import { nearest, pointerTo, shown } from '../../problem/problem.js';
import { type Condition, isProgramCondition } from '../ir/condition.js';
import { isNegative, type Link, LINKS, type NegativeLink } from '../ir/link.js';
import type { Step, StepByKind, StepKind } from '../ir/step.js';
import { LOOP_CONTIGUITIES } from '../ir/times.js';
import type { Reading } from './reading.js';
import { readTimes } from './read-times.js';

const KEYS = [...LINKS, 'where', 'from', 'times', 'loop', 'greedy', 'optional', 'until', 'within', 'for', 'group', 'oneOf', 'allOf'];

/** One step's object with what all kinds have in common. */
interface Source<K extends StepKind = StepKind> {
  readonly fields: Fields;
  readonly name: string;
  readonly link: StepByKind[K] extends { link: infer L } ? L : never;
  readonly nesting: number;
  readonly reading: Reading;
}

const READERS: { readonly [K in StepKind]: (source: Source<K>) => StepByKind[K] } = {
  single: readSingle,
  loop: readLoop,
  negation: readNegation,
  group: readGroup,
  oneOf: (source) => ({ kind: 'oneOf', ...readBranching(source, 'oneOf') }),
  allOf: (source) => ({ kind: 'allOf', ...readBranching(source, 'allOf') }),
};

/** Reads a list of steps; a step that cannot be read is left out, with its problems. `listed`: it is a list in the document, too. */
export function readSteps(value: unknown, pointer: string, nesting: number, reading: Reading, listed = true): Step[] {
  const { findings, limits } = reading;
  if (!Array.isArray(value)) return findings.wrongType(pointer, value, 'a list of steps') ?? [];
  if (value.length === 0)
    findings.problem('empty-value', pointer, 'a pattern needs at least one step', { found: '[]', expected: 'a list of steps' });
  if (nesting > limits.maxNesting) {
    findings.problem('pattern-too-large', pointer, `groups are nested more than ${limits.maxNesting} deep`, {
      expected: `at most ${limits.maxNesting}`,
    });
    return [];
  }
  const steps: Step[] = [];
  for (const [index, item] of value.entries()) {
    if (++reading.count > limits.maxSteps) {
      if (reading.count === limits.maxSteps + 1) {
        findings.problem('pattern-too-large', pointerTo(pointer, index), `a pattern has at most ${limits.maxSteps} steps`, {
          expected: `at most ${limits.maxSteps}`,
        });
      }
      break;
    }
    const step = readStep(item, listed ? pointerTo(pointer, index) : pointer, index === 0, nesting, reading);
    if (step !== undefined) steps.push(step);
  }
  return steps;
}

function readStep(value: unknown, pointer: string, first: boolean, nesting: number, reading: Reading): Step | undefined {
  const fields = Fields.of(value, pointer, reading.findings, KEYS);
  if (fields === undefined) return undefined;
  const link = readLink(fields, first);
  if (link === undefined) return undefined;
  const kind = isNegative(link) ? 'negation' : kindOf(fields);
  if (kind !== 'negation') refuse(fields, 'for', '`for` goes with notFollowedBy');
  const source = { fields, name: readName(fields, link), link, nesting, reading };
  const step = (READERS[kind] as (source: Source) => Step)(source as Source);
  reading.pointers.set(step, pointer);
  return step;
}

function kindOf(fields: Fields): Exclude<StepKind, 'negation'> {
  const [composite, ...others] = (['group', 'oneOf', 'allOf'] as const).filter((key) => fields.has(key));
  for (const other of others) refuse(fields, other, `\`${other}\` does not go with \`${composite}\``);
  return composite ?? (fields.has('times') ? 'loop' : 'single');
}

function readLink(fields: Fields, first: boolean): Link | NegativeLink | undefined {
  const { findings } = fields;
  const expected = first ? 'begin' : LINKS.slice(1).join(', ');
  const links = LINKS.filter((link) => fields.has(link));
  if (links.length === 0) {
    return findings.problem('missing-link', fields.pointer, `a step needs one link whose value is its name: ${expected}`, { expected });
  }
  if (links.length > 1) {
    return findings.problem('several-links', fields.at(links[1]), 'a step has one link', {
      found: links.join(', '),
      expected: 'one of them',
    });
  }
  const [link] = links;
  if (first !== (link === 'begin')) {
    const message = first ? 'the first step has the link `begin`' : 'only the first step has the link `begin`';
    findings.problem('misplaced-link', fields.at(link), message, { found: link, expected });
  }
  return link;
}

function readName(fields: Fields, link: string): string {
  const name = fields.text(link, "the step's name") ?? '';
  if (name === 'event') {
    fields.findings.problem('reserved-name', fields.at(link), 'no step may be named `event`: it is the current event in conditions', {
      found: shown(name),
    });
  }
  return name;
}

function readSingle({ fields, name, link, reading }: Source<'single'>): StepByKind['single'] {
  refuse(fields, 'greedy', 'greedy needs `times`');
  if (fields.get('loop') !== 'relaxed') refuse(fields, 'loop', '`loop` needs `times`');
  refuse(fields, 'until', '`until` needs `times: {min: n}` without max', 'until-without-open-loop');
  return {
    kind: 'single',
    name,
    link,
    ...readCondition(fields, reading),
    optional: fields.boolean('optional') ?? false,
    within: readWithin(fields),
  };
}

function readLoop({ fields, name, link, reading }: Source<'loop'>): StepByKind['loop'] {
  const repetition = readRepetition(fields, reading);
  const greedy = fields.boolean('greedy') ?? false;
  if (greedy && repetition.loop === 'any') refuse(fields, 'greedy', 'greedy does not go with `loop: any`');
  return {
    kind: 'loop',
    name,
    link,
    ...readCondition(fields, reading),
    ...repetition,
    times: repetition.times ?? { min: 1, max: 1 },
    greedy,
    within: readWithin(fields),
  };
}

function readNegation({ fields, name, link, reading }: Source<'negation'>): StepByKind['negation'] {
  for (const key of ['times', 'greedy', 'optional', 'until', 'group', 'oneOf', 'allOf'])
    refuse(fields, key, `\`${key}\` does not go with ${link}`);
  if (fields.get('loop') !== 'relaxed') refuse(fields, 'loop', `\`loop\` does not go with ${link}`);
  if (link === 'notNext') refuse(fields, 'for', '`for` goes with notFollowedBy');
  else if (fields.has('for')) refuse(fields, 'within', '`within` does not go with `for`, which says how long');
  const time = fields.duration('for', 1) ?? undefined;
  return { kind: 'negation', name, link, ...readCondition(fields, reading), within: readWithin(fields), for: time };
}

function readGroup({ fields, name, link, nesting, reading }: Source<'group'>): StepByKind['group'] {
  for (const key of ['where', 'from', 'greedy']) refuse(fields, key, `\`${key}\` does not go with a group`);
  const repetition = readRepetition(fields, reading);
  const steps = readSteps(fields.get('group'), fields.at('group'), nesting + 1, reading);
  return { kind: 'group', name, link, steps, ...repetition, within: readWithin(fields) };
}

function readBranching({ fields, name, link, nesting, reading }: Source<'oneOf' | 'allOf'>, key: 'oneOf' | 'allOf') {
  for (const other of ['where', 'from', 'greedy']) refuse(fields, other, `\`${other}\` does not go with ${key}`);
  refuse(fields, 'until', `\`until\` does not go with ${key}`, 'until-without-open-loop');
  const { times, loop, optional } = readRepetition(fields, reading, key === 'allOf');
  if (times?.within !== undefined)
    fields.findings.problem(
      'not-applicable',
      pointerTo(fields.at('times'), 'within'),
      `\`times.within\` does not go with ${key}: write \`within\``,
      {
        found: formatDuration(times.within),
      },
    );
  return { name, link, branches: readBranches(fields, key, nesting + 1, reading), times, loop, optional, within: readWithin(fields) };
}

/** A branch is a list of steps, or one step. */
function readBranches(fields: Fields, key: string, nesting: number, reading: Reading): Step[][] {
  const value = fields.get(key);
  const pointer = fields.at(key);
  if (!Array.isArray(value)) return reading.findings.wrongType(pointer, value, 'a list of branches') ?? [];
  if (value.length < 2)
    reading.findings.problem('too-few-branches', pointer, `${key} needs two branches or more`, {
      found: String(value.length),
      expected: 'at least 2',
    });
  return value.map((branch: unknown, index) => {
    const at = pointerTo(pointer, index);
    return Array.isArray(branch) ? readSteps(branch, at, nesting, reading) : readSteps([branch], at, nesting, reading, false);
  });
}

/** What loops and groups share. */
function readRepetition(fields: Fields, reading: Reading, gapsWithoutTimes = false) {
  const times = readTimes(fields, reading);
  if (times?.distinct !== undefined && kindOf(fields) !== 'loop') {
    const message = '`distinct` counts the events of one step: give it to the step inside';
    fields.findings.problem('not-applicable', pointerTo(fields.at('times'), 'distinct'), message, { found: shown(times.distinct) });
  }
  const loop = fields.oneOf('loop', LOOP_CONTIGUITIES) ?? 'relaxed';
  if (!gapsWithoutTimes && !fields.has('times') && loop !== 'relaxed') refuse(fields, 'loop', '`loop` needs `times`');
  const optional = fields.boolean('optional') ?? false;
  if (optional && times?.min === 0) {
    fields.findings.problem('invalid-times', fields.at('optional'), '`min: 0` makes the step optional already', {
      found: 'true',
      expected: 'one of the two',
    });
  }
  const until = readConditionOf(fields, 'until', reading);
  if (fields.has('until') && (!fields.has('times') || times?.max !== undefined)) {
    refuse(fields, 'until', '`until` needs `times: {min: n}` without max', 'until-without-open-loop');
  }
  return { times, loop, optional: optional || times?.min === 0, until };
}

function readCondition(fields: Fields, reading: Reading): { where?: Condition; from?: string } {
  const from = fields.text('from', "a stream's name");
  const { streams } = reading.options;
  if (from !== undefined && streams !== undefined && !streams.includes(from)) {
    const suggestion = nearest(from, streams);
    reading.findings.problem('unknown-stream', fields.at('from'), 'the rule does not read this stream', {
      found: shown(from),
      expected: `one of ${streams.join(', ')}`,
      suggestion,
    });
  }
  return { where: readConditionOf(fields, 'where', reading), from };
}

/** CEL; a function only from the builder: a document that a program wrote by hand may hold none. */
function readConditionOf(fields: Fields, key: string, { options }: Reading): Condition | undefined {
  const value = fields.get(key);
  return options.functions === true && isProgramCondition(value) ? value : fields.text(key, 'a condition');
}

function readWithin(fields: Fields): number | undefined {
  return fields.duration('within', 1) ?? undefined;
}

/** A key that may not stand here; `false` is as good as absent. */
function refuse(fields: Fields, key: string, message: string, code = 'not-applicable'): void {
  const value = fields.get(key);
  if (value === undefined || value === false) return;
  fields.findings.problem(code, fields.at(key), message, { found: shown(value) });
}
