import type { ListUpdate, ListVersion } from '../../engine/expr/index.js';
import type { AlertOutput, CheckpointOutput, DeadLetterOutput, JournalEntry, Output, Positions } from './outputs.js';

/** Another process took the shard over (its epoch is higher): this one must stop at once. */
export class EpochLostError extends Error {}

/** An alert as it stands in the outbox. */
export interface OutboxRow {
  /** From 1, without gaps, per shard. */
  readonly number: number;
  readonly alert: AlertOutput;
  /** Wall clock of the commit, epoch ms. */
  readonly detectedAt: number;
}

/** What a recovery starts from. */
export interface RecoveryPoint {
  /** Undefined before the first checkpoint. */
  readonly checkpoint?: { readonly id: number; readonly journalSequence: number; readonly oldestNeeded: number; readonly meta: string };
  /** Entries after the checkpoint, in order. */
  readonly journal: readonly JournalEntry[];
  /** Ids of alerts that the checkpoint does not cover: replay must give every one of them again. */
  readonly uncoveredAlerts: readonly string[];
}

/**
 * The one writer of a shard's outputs. Every write checks the epoch in its transaction.
 * Rejects with EpochLostError, or with the database's error (then nothing of the call was written).
 */
export interface OutputStore {
  recover(): Promise<RecoveryPoint>;
  /** Segments of a completed checkpoint chain, in order of (checkpoint id, index), decompressed. */
  segments(oldest: number, newest: number): AsyncIterable<Uint8Array>;
  /**
   * Written ahead of the checkpoint that will name them; invisible until then. They come after the `first` (0) ones
   * written before. Returns the bytes stored of the checkpoint so far.
   */
  writeSegments(checkpoint: number, segments: readonly Uint8Array[], first?: number): Promise<number>;
  /**
   * One transaction, in order. Alerts whose id exists already, and dead letters whose identity does, are
   * left out; the others are numbered without gaps. A checkpoint covers the alerts before its barrier,
   * whenever it is completed. Returns the rows that are new.
   */
  commit(outputs: readonly Output[]): Promise<readonly OutboxRow[]>;
  /** From now on recovery starts from it. Its segments are written and its barrier is committed. */
  completeCheckpoint(checkpoint: CheckpointOutput): Promise<void>;
  /** Drops segments, journal entries and event-log chunks that no kept checkpoint needs. */
  clean(): Promise<void>;
}

/** One framed batch of a partition; see runtime/log/frame.ts for `data`. */
export interface SourceBatch {
  readonly stream: string;
  readonly partition: number;
  readonly firstOffset: number;
  readonly count: number;
  /** When the log took it, epoch ms. */
  readonly arrivalTime: number;
  readonly data: Uint8Array;
}

/** Reads one stream's partitions by offset. Kafka's and the HTTP log's both look like this. */
export interface SourceReader {
  readonly stream: string;
  /**
   * The batch that holds `offset` (it may begin earlier), or the next one kept, or undefined when caught up.
   * `data` has a buffer of its own, to be handed over to another thread.
   */
  read(partition: number, offset: number): Promise<SourceBatch | undefined>;
  /**
   * Where a reader without a position begins, per partition. `first`: nothing of the stream has been read yet;
   * else the partitions that are new begin with their first event. Rejects while the source cannot be reached.
   */
  starts(first: boolean): Promise<ReadonlyMap<number, number>>;
  /**
   * The offset the next event will get, as known now; undefined while the source cannot be reached, or has not been
   * asked since `since` (monotonic ms).
   */
  endOffset(partition: number, since?: number): number | undefined;
  /** Called whenever new events can be read. Returns the unsubscribe function. */
  onAppend(listener: () => void): () => void;
}

/** What a stream's log still holds, read beside the running job. */
export interface PastReader {
  /** With positions of its own. */
  readonly reader: SourceReader;
  /** By partition the first offset at which an event of the wanted times may be, and the log's end when this was asked. */
  readonly from: ReadonlyMap<number, number>;
  readonly to: ReadonlyMap<number, number>;
  close(): Promise<void>;
}

/** Where the events of all streams come from. */
export interface Sources {
  reader(stream: string): SourceReader;
  /** The engine has worked off everything below `offset`. */
  workedOff(stream: string, partition: number, offset: number): void;
}

/** An event that HTTP took: validated, with its time. */
export interface LogRecord {
  readonly time: number;
  readonly raw: Uint8Array;
}

/** How far a request with an Idempotency-Key has come; written with the events it covers. */
export interface RequestProgress {
  readonly key: string;
  /** Items worked off so far, accepted and rejected. */
  readonly processed: number;
  readonly accepted: number;
  readonly rejected: readonly { line: number; code: string; message: string }[];
  /** SHA-256 (hex) over the items so far. */
  readonly bodyHash: string;
  readonly behindWatermark: number;
  /** What the reply said of the stream's watermark, epoch ms; null before the request is done, or without one. */
  readonly watermark: number | null;
  readonly done: boolean;
}

/** The durable log of events that came over HTTP. One appender per partition, group commit. */
export interface EventLog extends Sources {
  /** Resolves when durable, with the first offset given. Dead letters and progress are in the same transaction. */
  append(
    stream: string,
    partition: number,
    records: readonly LogRecord[],
    more?: { deadLetters?: readonly DeadLetterOutput[]; progress?: RequestProgress },
  ): Promise<number>;
  progress(stream: string, key: string): Promise<RequestProgress | undefined>;
  /** Highest event time appended, -Infinity when none: for the reply's watermark. */
  maxTime(stream: string, partition: number): number;
  /** Bytes appended but not yet worked off by the engine. */
  backlogBytes(): number;
  past(stream: string, arrivedSince: number): Promise<PastReader>;
  ensureStream(stream: string, partitions: number): Promise<void>;
  dropStream(stream: string): Promise<void>;
}

/** The desired state; differences to the actual one are settled only through the journal. */
export interface Catalog {
  rules(): Promise<readonly CatalogRule[]>;
  /** Any version ever stored. */
  rule(id: string, version: number): Promise<CatalogRule | undefined>;
  streams(): Promise<readonly CatalogStream[]>;
  stream(name: string, version: number): Promise<CatalogStream | undefined>;
}

/** Reference lists, with as much of their past as recovery needs. */
export interface ListCatalog {
  lists(): Promise<readonly ListVersion[]>;
  /** From version `since` (undefined: from no list at all) to `version`, which is not one that deleted it. */
  update(list: string, since: number | undefined, version: number): Promise<Pick<ListUpdate, 'put' | 'removed'>>;
  /** What lists held before these versions is no longer needed. */
  forgetBefore(versions: readonly ListVersion[]): Promise<void>;
}

export interface CatalogRule {
  readonly id: string;
  readonly version: number;
  /** `retired` rules are kept for their versions. */
  readonly status: 'draft' | 'shadow' | 'active' | 'paused' | 'retired';
  /** The file of TRIPLINE_RULES_DIR that keeps it; null when it came over the API. */
  readonly file: string | null;
  /** The document as registered, parsed. */
  readonly document: unknown;
  /** Epoch ms. */
  readonly createdAt: number;
}

export interface CatalogStream {
  readonly name: string;
  readonly version: number;
  readonly document: unknown;
  readonly deleted: boolean;
  /** As a rule's. */
  readonly file: string | null;
}
export type { AlertOutput, CheckpointOutput, DeadLetterOutput, JournalEntry, Output, Positions };
