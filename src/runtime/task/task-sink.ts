import type { Event } from '../../engine/event/event.js';
import type { Emission } from '../../engine/match/matcher.js';
import type { MatchRule, MatchSink } from '../../engine/match/operator/match-rule.js';
import { type CompiledRule, DEFAULT_LIMITS } from '../../engine/rule/compile.js';
import type { Key } from '../../engine/state/key.js';
import { renderAlert } from '../alerts/render-alert.js';
import type { Output } from '../ports/outputs.js';
import type { LimitReached } from './limit-notes.js';
import type { RuleGuard } from './rule-guard.js';

/** Turns what operators emit into outputs, in order. */
export class TaskSink implements MatchSink {
  constructor(
    readonly emit: (output: Output) => void,
    readonly guard: RuleGuard,
    readonly rules: {
      isShadow(rule: string): boolean;
      limitReached(limit: LimitReached): void;
    },
  ) {}

  alert(rule: MatchRule, key: Key, emission: Emission): void {
    this.emit({ type: 'alert', alert: renderAlert(rule as CompiledRule, key, emission, this.rules.isShadow(rule.id)) });
  }

  limitReached({ id, version, ...rule }: MatchRule, limit: LimitReached['limit']): boolean {
    const { onLimit = DEFAULT_LIMITS.onLimit } = (rule as CompiledRule).definition.limits;
    this.rules.limitReached({ kind: 'limit-reached', rule: id, version, limit, onLimit });
    return onLimit !== 'pause';
  }

  admitEvent({ id }: MatchRule, event: Event): boolean {
    return this.guard.admitEvent(id, event);
  }

  admitDeadline({ id }: MatchRule, time: number): boolean {
    return this.guard.admitDeadline(id, time);
  }

  backAtDeadline({ id }: MatchRule, time: number): void {
    this.guard.note.deadline(id, time);
  }
}
