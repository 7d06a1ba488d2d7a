import type { EventCondition } from './event-condition.js';
import type { Link } from './link.js';

/** Takes one event, or none if optional. */
export interface SingleStep extends EventCondition {
  readonly kind: 'single';
  readonly name: string;
  readonly link: Link;
  readonly optional: boolean;
  /** Longest wait since the previous step's event, ms. */
  readonly within?: number;
}
