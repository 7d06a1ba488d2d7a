import { Fields } from '../../problem/fields.js';
import { nearest, shown } from '../../problem/problem.js';
import { PLAIN_STRATEGIES, type Skip, STEP_STRATEGIES } from '../ir/skip.js';
import { isComposite, type Step } from '../ir/step.js';
import type { Reading } from './reading.js';

const POINTER = '/skip';
const NO_SKIP: Skip = { strategy: 'noSkip' };

/** Reads `skip`: a strategy's name, or {strategy, step}. Absent is noSkip. */
export function readSkip(value: unknown, steps: readonly Step[], reading: Reading): Skip {
  if (value === undefined) return NO_SKIP;
  const document = typeof value === 'string' ? { strategy: value } : value;
  const fields = Fields.of(document, POINTER, reading.findings, ['strategy', 'step']);
  if (fields === undefined) return NO_SKIP;
  if (!fields.has('strategy')) return fields.missing('strategy', [...PLAIN_STRATEGIES, ...STEP_STRATEGIES].join(', ')) ?? NO_SKIP;
  const strategy = fields.oneOf('strategy', [...PLAIN_STRATEGIES, ...STEP_STRATEGIES]);
  if (strategy === undefined) return NO_SKIP;
  if (strategy !== 'toFirst' && strategy !== 'toLast') {
    if (fields.has('step'))
      reading.findings.problem('not-applicable', fields.at('step'), `\`step\` does not go with ${strategy}`, {
        found: shown(fields.get('step')),
      });
    return { strategy };
  }
  const step = fields.requiredText('step', 'the name of a step');
  if (step === undefined) return NO_SKIP;
  checkStep(step, fields, steps, reading);
  return { strategy, step };
}

/** Only steps outside groups: where a match is cut must not depend on the round. */
function checkStep(name: string, fields: Fields, steps: readonly Step[], { findings }: Reading): void {
  const names = steps.filter((step) => !isComposite(step)).map((step) => step.name);
  if (names.includes(name)) return;
  const suggestion = nearest(name, names);
  const expected = `a step outside groups: ${names.join(', ')}`;
  findings.problem('unknown-step', fields.has('step') ? fields.at('step') : POINTER, `there is no such step to skip to`, {
    found: shown(name),
    expected,
    suggestion,
  });
}
