import type { Match } from '../../engine/match/matcher.js';
import type { MatchRule, MatchSink } from '../../engine/match/operator/match-rule.js';
import type { CompiledRule } from '../../engine/rule/compile.js';
import type { Key } from '../../engine/state/key.js';
import { renderAlert } from '../alerts/render-alert.js';
import type { Output } from '../ports/outputs.js';
import type { EvaluationNote } from './evaluation-note.js';

/** Turns what operators emit into outputs, in order. */
export class TaskSink implements MatchSink {
  /** Rules stopped during this release, by a limit with `onLimit: pause` or the watchdog; the task takes them out after it. */
  readonly stopped = new Map<string, 'limit' | 'watchdog'>();

  constructor(
    readonly emit: (output: Output) => void,
    readonly note: EvaluationNote,
    readonly isShadow: (rule: string) => boolean,
  ) {}

  alert(rule: MatchRule, key: Key, match: Match): void {
    this.emit({ type: 'alert', alert: renderAlert(rule as CompiledRule, key, match, this.isShadow(rule.id)) });
  }

  limitReached(rule: MatchRule): void {
    if ((rule as CompiledRule).definition.limits.onLimit === 'pause') this.stopped.set(rule.id, 'limit');
  }

  atDeadline(rule: MatchRule, _key: Key, time: number): void {
    this.note.deadline(rule.id, time);
  }
}
