/**
 * What can never be: steps behind one that no event gets past, names that nothing binds, bounds that are over before
 * the wait that they bound. Each is a warning: a document that says so is read as it stands.
 */
import { analyzeExpression, conditionWarnings } from '../../expr/index.js';
import { formatDuration } from '../../time/duration.js';
import { pointerTo } from '../../problem/problem.js';
import { type Condition, celTexts } from '../ir/condition.js';
import { isComposite, isOptional, sequencesIn, type Step, takingSteps } from '../ir/step.js';
import { type PatternScopes, scopesOf } from '../scopes.js';
import type { Reading } from './reading.js';

export function warnReach(steps: readonly Step[], within: number | undefined, reading: Reading): void {
  const scopes = scopesOf(steps);
  warnUnreachable(steps, scopes, reading);
  warnNames(steps, scopes, reading);
  warnWaits(steps, reading);
  if (within !== undefined) warnWithin(steps, within, reading);
}

function warn(code: string, step: Step, key: string, message: string, reading: Reading): void {
  reading.findings.warnings.push({ code, message, pointer: pointerTo(reading.pointers.get(step) ?? '', key) });
}

/** The first step behind a barrier; those behind it are no news. */
function warnUnreachable(steps: readonly Step[], scopes: PatternScopes, reading: Reading): void {
  for (const step of steps) for (const inside of sequencesIn(step)) warnUnreachable(inside, scopes, reading);
  const barrier = steps.findIndex((step, index) => {
    const last = index === steps.length - 2;
    return index < steps.length - 1 && letsNothingPast(step, last, scopes, reading);
  });
  if (barrier < 0) return;
  const [step, behind] = steps.slice(barrier);
  const why = step.kind === 'negation' ? `\`${step.name}\` forbids every event` : `no event can ever be taken by \`${step.name}\``;
  warn('unreachable-step', behind, behind.link, `\`${behind.name}\` is never reached: ${why}`, reading);
}

/** `beforeLast`: what completes the match may be an event that a notFollowedBy forbids, as in Flink. */
function letsNothingPast(step: Step, beforeLast: boolean, scopes: PatternScopes, reading: Reading): boolean {
  if (step.kind === 'negation') {
    const forbidsAll = step.for === undefined && step.where === undefined && step.from === undefined;
    return forbidsAll && !(step.link === 'notFollowedBy' && beforeLast);
  }
  if (isComposite(step) || isOptional(step) || typeof step.where !== 'string') return false;
  const scope = scopes.of.get(step);
  const warnings = scope === undefined ? [] : conditionWarnings(step.where, scope, reading.options.expressionLimits);
  return warnings.some(({ code }) => code === 'always-false');
}

/** A bare name of a step that cannot be there yet is read as a field of the event, which is hardly what was meant. */
function warnNames(steps: readonly Step[], { of }: PatternScopes, reading: Reading): void {
  const names = new Set(takingSteps(steps).map(({ name }) => name));
  for (const [step, scope] of of) {
    const visible = new Set(scope.steps.map((binding) => binding?.name));
    const report = (key: string, condition: Condition | undefined): void => {
      for (const text of celTexts(condition)) {
        const { reads } = analyzeExpression(text, scope, reading.options.expressionLimits);
        for (const name of reads.fields) {
          const known = visible.has(name) || Object.hasOwn(reading.options.fields ?? {}, name) || text.includes(`event.${name}`);
          if (known || !names.has(name)) continue;
          const message = `step \`${name}\` has taken nothing yet where \`${step.name}\` is tried, so this is a field of the event: write \`event.${name}\` if it is meant`;
          warn('unbound-name', step, key, message, reading);
        }
      }
    };
    if (!isComposite(step)) report('where', step.where);
    if ('until' in step) report('until', step.until);
  }
}

/** A step's bound counts from the event before the absence, too. */
function warnWaits(steps: readonly Step[], reading: Reading): void {
  for (const [index, step] of steps.entries()) {
    for (const inside of sequencesIn(step)) warnWaits(inside, reading);
    const before = steps[index - 1];
    const wait = before?.kind === 'negation' ? before.for : undefined;
    const bound = step.kind === 'negation' ? undefined : step.within;
    if (wait === undefined || bound === undefined || bound > wait) continue;
    const message = `\`within\` counts from the event before \`${before.name}\`, which alone takes ${formatDuration(wait)}: \`${step.name}\` is never in time`;
    warn('within-too-short', step, 'within', message, reading);
  }
}

function warnWithin(steps: readonly Step[], within: number, reading: Reading): void {
  const wait = shortestWait(steps);
  const last = steps[steps.length - 1];
  const endsWithIt = last?.kind === 'negation' && last.for !== undefined;
  if (wait === 0 || wait < within || (endsWithIt && wait === within)) return;
  const message = `the absences of the pattern alone take ${formatDuration(wait)}: nothing can match within ${formatDuration(within)}`;
  reading.findings.warnings.push({ code: 'within-too-short', message, pointer: '/within', expected: `more than ${formatDuration(wait)}` });
}

/** ms that the absences take which every match has to sit through. */
function shortestWait(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => {
    if (step.kind === 'negation') return sum + (step.for ?? 0);
    if (!isComposite(step) || isOptional(step)) return sum;
    const waits = sequencesIn(step).map(shortestWait);
    const round = step.kind === 'oneOf' ? Math.min(...waits) : waits.reduce((total, wait) => total + wait, 0);
    return sum + round * (step.times?.min ?? 1);
  }, 0);
}
