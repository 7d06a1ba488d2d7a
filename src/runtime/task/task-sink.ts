import type { Match } from '../../engine/match/matcher.js';
import type { MatchRule, MatchSink } from '../../engine/match/operator/match-rule.js';
import type { CompiledRule } from '../../engine/rule/compile.js';
import type { Key } from '../../engine/state/key.js';
import { renderAlert } from '../alerts/render-alert.js';
import type { Output } from '../ports/outputs.js';
import type { EvaluationNote } from './evaluation-note.js';

/** Turns what operators emit into outputs, in order. */
export class TaskSink implements MatchSink {
  constructor(
    readonly emit: (output: Output) => void,
    readonly note: EvaluationNote,
    readonly rules: {
      isShadow(rule: string): boolean;
      /** A limit with `onLimit: pause` was reached. */
      stop(rule: string): void;
    },
  ) {}

  alert(rule: MatchRule, key: Key, match: Match): void {
    this.emit({ type: 'alert', alert: renderAlert(rule as CompiledRule, key, match, this.rules.isShadow(rule.id)) });
  }

  limitReached(rule: MatchRule): void {
    if ((rule as CompiledRule).definition.limits.onLimit === 'pause') this.rules.stop(rule.id);
  }

  atDeadline(rule: MatchRule, _key: Key, time: number): void {
    this.note.deadline(rule.id, time);
  }
}
