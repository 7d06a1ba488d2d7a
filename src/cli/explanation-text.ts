/** An explanation for people. Events are named by their line in the file. */
import { toJsonText } from '../engine/expr/index.js';
import { formatDuration } from '../engine/time/duration.js';
import type {
  ExplainedEvent,
  ExplainedMatch,
  ExplainedNearMiss,
  ExplainedNearWindow,
  ExplainedWindow,
  Explanation,
  PatternExplanation,
  WindowExplanation,
} from '../runtime/explanation.js';

/** What `byLine` of the command makes of the events. */
type ByLine<T> = T extends readonly (infer E)[]
  ? readonly ByLine<E>[]
  : T extends object
    ? { readonly [K in keyof T as K extends 'event' ? 'line' : K]: K extends 'values' ? T[K] : ByLine<T[K]> }
    : T;

export type ExplanationByLine = ByLine<Explanation>;

const ENDED: Readonly<Record<ExplainedMatch['ended']['by'], string>> = {
  lastEvent: 'complete with its last event',
  notNext: 'complete: the next event was not the forbidden one',
  absence: 'complete: the forbidden event did not come in time',
  timeout: 'out of time',
};

/** Text of several lines, a paragraph for each match, time-out and near miss. */
export function explanationText(explanation: ExplanationByLine): string {
  const paragraphs = 'windows' in explanation ? windowParagraphs(explanation) : patternParagraphs(explanation);
  return paragraphs.length === 0 ? 'No event has a key that can be used.\n' : `${paragraphs.join('\n\n')}\n`;
}

function patternParagraphs({ matches, timeouts, nearMisses }: ByLine<PatternExplanation>): string[] {
  return [
    ...matches.map((match) => matchText('match', match)),
    ...timeouts.map((match) => matchText('time-out', match)),
    ...nearMisses.map(nearMissText),
  ];
}

function windowParagraphs({ windows, nearMisses }: ByLine<WindowExplanation>): string[] {
  return [...windows.map((window) => windowText('window', window)), ...nearMisses.map(nearWindowText)];
}

function windowText(what: string, { key, start, end, eventCount, values }: ByLine<ExplainedWindow>): string {
  const bounds = start === undefined || end === undefined ? '' : `, from ${timeText(start)} to ${timeText(end)}`;
  return [`${what}, key ${toJsonText(key)}: ${eventCount} event${eventCount === 1 ? '' : 's'}${bounds}`, ...valueLine(values)].join('\n');
}

function nearWindowText({ open, failure, ...window }: ByLine<ExplainedNearWindow>): string {
  const text = windowText(open ? 'no result yet, its fullest window is open' : 'no result, the fullest window', window);
  if (failure === undefined) return text;
  const { condition, part, result, values } = failure;
  return [text, `  having ${part}${part === condition ? '' : `, of ${condition},`} is ${result}`, ...valueLine(values, '    ')].join('\n');
}

function valueLine(values: object, indent = '  '): string[] {
  const read = Object.entries(values).map(([name, value]) => `${name} = ${valueText(value)}`);
  return read.length === 0 ? [] : [`${indent}${read.join(', ')}`];
}

function matchText(kind: string, { key, events, ended }: ByLine<ExplainedMatch>): string {
  return [`${kind}, key ${toJsonText(key)}`, ...eventLines(events), `  ${ENDED[ended.by]}, at ${timeText(ended.time)}`].join('\n');
}

function nearMissText({ key, events, waitingFor, fate, failures, failureCount }: ByLine<ExplainedNearMiss>): string {
  const head = `no match, key ${toJsonText(key)}: ${events.length === 0 ? 'no event began one' : 'the partial match that came furthest'}`;
  const more = failureCount > failures.length ? [`  … and ${failureCount - failures.length} more`] : [];
  const waiting = waitingFor.length === 0 ? [] : [`  waited for ${waitingFor.join(' or ')}`];
  return [head, ...eventLines(events), ...waiting, ...failures.flatMap(failureLines), ...more, `  ${fateText(fate)}`].join('\n');
}

function eventLines(events: readonly ByLine<ExplainedEvent>[]): string[] {
  const width = Math.max(...events.map(({ step }) => step.length));
  return events.map(({ step, line, edge, time, where, waited }) => {
    const wait = waited === undefined ? timeText(time) : `+${formatDuration(waited)}`;
    return `  ${step.padEnd(width)}  line ${line}, ${wait}: ${edge}${where === undefined ? ', takes any event' : `, ${where}`}`;
  });
}

function failureLines({ line, step, condition, part, result, values }: ByLine<ExplainedNearMiss['failures'][number]>): string[] {
  return [
    `  line ${line} is not ${step}: ${part}${part === condition ? '' : `, of ${condition},`} is ${result}`,
    ...valueLine(values, '    '),
  ];
}

function valueText(value: unknown): string {
  const isError = typeof value === 'object' && value !== null && 'error' in value;
  return isError ? `(${String(value.error)})` : toJsonText(value);
}

function fateText({ kind, line, time, by }: ByLine<ExplainedNearMiss['fate']>): string {
  switch (kind) {
    case 'open':
      return time === undefined ? 'it waits still' : `it waits still, until ${timeText(time)}`;
    case 'timeout':
      return `it ran out of time at ${timeText(time ?? 0)}`;
    case 'forbidden':
      return `it ended with line ${line}: that is ${by}, which must not come`;
    case 'strict':
      return `it ended with line ${line}, which had to fit: nothing may lie between`;
    case 'skipped':
      return `it was given up at line ${line} for another match, by the rule's skip`;
  }
}

function timeText(time: number): string {
  return Number.isFinite(new Date(time).getTime()) ? new Date(time).toISOString() : String(time);
}
