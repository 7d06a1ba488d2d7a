import type { EventCondition } from './event-condition.js';
import type { NegativeLink } from './link.js';

/** Takes nothing; its event must not come. */
export interface NegationStep extends EventCondition {
  readonly kind: 'negation';
  readonly name: string;
  readonly link: NegativeLink;
  /** As last step: how long the event must stay away, ms. */
  readonly within?: number;
}
