import type { DeadLetterOutput } from '../../runtime/ports/outputs.js';
import type { LogRecord, RequestProgress } from '../../runtime/ports/stores.js';

export interface RejectedItem {
  readonly line: number;
  readonly code: string;
  readonly message: string;
}

/** Rejected items that a reply names; all of them are in the dead letters. */
export const MAX_REJECTED_LISTED = 1_000;

/** What a request has done to one log partition: what is durable, and the batch being collected. */
export class PartitionTally {
  accepted: number;
  behindWatermark: number;
  rejected: RejectedItem[];
  records: LogRecord[] = [];
  deadLetters: DeadLetterOutput[] = [];

  constructor(
    readonly partition: number,
    /** What earlier requests with the same key have left. */
    readonly prior: RequestProgress | undefined,
  ) {
    this.accepted = prior?.accepted ?? 0;
    this.behindWatermark = prior?.behindWatermark ?? 0;
    this.rejected = [...(prior?.rejected ?? [])];
  }

  get hasBatch(): boolean {
    return this.records.length > 0 || this.deadLetters.length > 0;
  }

  reject(item: RejectedItem, deadLetter: DeadLetterOutput): void {
    if (this.rejected.length < MAX_REJECTED_LISTED) this.rejected.push(item);
    this.deadLetters.push(deadLetter);
  }

  /** The batch, handed over; the next one starts empty. */
  takeBatch(): { records: LogRecord[]; deadLetters: DeadLetterOutput[] } {
    const batch = { records: this.records, deadLetters: this.deadLetters };
    this.records = [];
    this.deadLetters = [];
    return batch;
  }
}

/** What a request has reached so far, for replies. */
export interface Totals {
  readonly accepted: number;
  readonly rejected: readonly RejectedItem[];
  readonly rejectedCount: number;
  readonly processed: number;
  readonly behindWatermark: number;
}

/** The sum over partitions after `processed` items. */
export function totals(tallies: readonly PartitionTally[], processed: number): Totals {
  const accepted = tallies.reduce((sum, tally) => sum + tally.accepted, 0);
  const rejected = tallies.flatMap((tally) => tally.rejected).sort((a, b) => a.line - b.line);
  return {
    accepted,
    rejected: rejected.slice(0, MAX_REJECTED_LISTED),
    rejectedCount: processed - accepted,
    processed,
    behindWatermark: tallies.reduce((sum, tally) => sum + tally.behindWatermark, 0),
  };
}
