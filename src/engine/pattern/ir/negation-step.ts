import type { EventCondition } from './event-condition.js';
import type { NegativeLink } from './link.js';

/** Takes nothing; its event must not come. */
export interface NegationStep extends EventCondition {
  readonly kind: 'negation';
  readonly name: string;
  readonly link: NegativeLink;
  /** As last step: how long the event must stay away, ms. */
  readonly within?: number;
  /**
   * How long the event must stay away after the event taken last, ms. Only then does the pattern go on, and
   * by time alone. Not in Flink. Never together with `within`.
   */
  readonly for?: number;
}
