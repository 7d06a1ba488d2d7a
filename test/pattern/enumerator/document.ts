import type { StepDocument } from '../../../src/engine/pattern/document.js';
import type { PatternDocument } from '../../../src/engine/pattern/index.js';
import type { SampleComposite, SampleItem, SamplePattern, SampleStep, SampleTimes } from './sample.js';

/** A sample pattern as a rule document has it. */
export function documentOf({ steps, within }: SamplePattern): PatternDocument {
  return { pattern: steps.map(itemDocument), ...duration('within', within) };
}

function itemDocument(item: SampleItem): StepDocument {
  if (item.kind === 'not') {
    return { [item.link]: item.name, where: item.where.text, ...duration('for', item.for), ...duration('within', item.within) };
  }
  return item.kind === 'step' ? stepDocument(item) : compositeDocument(item);
}

function stepDocument({ name, link, where, greedy, until, within, ...rest }: SampleStep): StepDocument {
  return {
    [link]: name,
    where: where.text,
    ...repetition(rest),
    ...(greedy === true && { greedy }),
    ...(until !== undefined && { until: until.text }),
    ...duration('within', within),
  };
}

function compositeDocument({ kind, name, link, branches, until, within, ...rest }: SampleComposite): StepDocument {
  const sequences = branches.map((branch) => branch.map(itemDocument));
  return {
    [link]: name,
    [kind]: kind === 'group' ? sequences[0] : sequences,
    ...repetition(rest),
    ...(kind === 'allOf' && { loop: rest.loop }),
    ...(until !== undefined && { until: until.text }),
    ...duration('within', within),
  };
}

function repetition({ times, loop, optional }: Pick<SampleStep, 'times' | 'loop' | 'optional'>): StepDocument {
  return { ...(times !== undefined && { times: timesDocument(times), loop }), ...(optional && { optional }) };
}

function timesDocument({ min, max, within, distinct }: SampleTimes): NonNullable<StepDocument['times']> {
  return { min, ...(max !== Infinity && { max }), ...duration('within', within), ...(distinct === true && { distinct: 'v' }) };
}

function duration<K extends string>(key: K, ms: number | undefined): { readonly [P in K]?: string } {
  return ms === undefined ? {} : ({ [key]: `${ms}ms` } as { [P in K]: string });
}
