import { createHash, type Hash, randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LogRecord } from '../../runtime/ports/stores.js';
import type { RefusedEvent } from '../../engine/rule/decode-event.js';
import { decodeItem } from './decode-item.js';
import type { HttpIngester, IngestInput, Refusal } from './ingester.js';
import type { IngestOutcome } from './ingest-outcome.js';
import { PartitionTally, type Totals, totals } from './request-tally.js';
import type { Item } from './splitter.js';

/** A batch is appended when it has this many items or bytes. */
const BATCH_ITEMS = 1_000;
const BATCH_BYTES = 512 * 1024;
/** Looking at items gives way to other requests, health above all, after this time, ms. */
const SLICE_MS = 3;
/** Items between two looks at the clock. */
const SLICE_ITEMS = 64;
/** Bytes of a rejected item that its dead letter keeps. */
const DEAD_LETTER_BYTES = 64 * 1024;

/** Ends the reading of a body before its end. */
class Stop {
  constructor(readonly outcome: IngestOutcome) {}
}

/**
 * One request with events: cut, looked at, appended in batches. While a batch is on its way to the disk the next
 * is collected; it leaves only when that one is durable, so what is durable is always a prefix of the body.
 */
export class IngestRequest {
  readonly #hash: Hash | undefined;
  readonly #identity: string;
  #tallies: PartitionTally[] = [];
  /** Items seen, and those whose batch is durable. */
  #seen = 0;
  #durable: Totals = { accepted: 0, rejected: [], rejectedCount: 0, processed: 0, behindWatermark: 0 };
  #batchItems = 0;
  #batchBytes = 0;
  #sliceStart = performance.now();
  #onItsWay: Promise<Refusal | undefined> | undefined;
  /** The earlier request with this key was worked off whole: now only compared. */
  #replay = false;
  #lastFault: RefusedEvent | undefined;
  #repliedWatermark: number | null | undefined;

  constructor(
    readonly ingester: HttpIngester,
    readonly input: IngestInput,
  ) {
    const { stream, idempotencyKey } = input;
    this.#hash = idempotencyKey === undefined ? undefined : createHash('sha256');
    this.#identity = `http/${stream.name}/${idempotencyKey ?? randomUUID()}`;
  }

  async run(): Promise<IngestOutcome> {
    try {
      await this.#recall();
      for await (const chunk of this.input.body) {
        for (const item of this.input.splitter.push(chunk)) await this.#take(item);
      }
      for (const item of this.input.splitter.end()) await this.#take(item);
      return await this.#finish();
    } catch (stop) {
      // A batch on its way is durable or not whatever ends the request.
      await this.#onItsWay;
      if (stop instanceof Stop) return stop.outcome;
      throw stop;
    }
  }

  get #partitions(): number {
    const { source } = this.input.stream;
    return source.kind === 'http' ? source.partitions : 1;
  }

  /** What earlier requests with the same key have done. */
  async #recall(): Promise<void> {
    const { idempotencyKey } = this.input;
    for (let partition = 0; partition < this.#partitions; partition++) {
      const prior = idempotencyKey === undefined ? undefined : await this.#priorOf(partition);
      this.#tallies.push(new PartitionTally(partition, prior));
    }
    this.#replay = this.#tallies[0].prior?.done ?? false;
    this.#durable = totals(this.#tallies, this.#tallies[0].prior?.processed ?? 0);
    if (this.#replay) return;
    const refusal = this.ingester.refusal();
    if (refusal !== undefined) throw this.#stopFor(refusal);
  }

  async #priorOf(partition: number) {
    try {
      return await this.ingester.log.progress(this.input.stream.name, this.#progressKey(partition));
    } catch (error) {
      throw this.#stopFor(notWritten(error));
    }
  }

  #progressKey(partition: number): string {
    return `${partition}:${this.input.idempotencyKey}`;
  }

  async #take(item: Item): Promise<void> {
    this.#seen++;
    this.#hash?.update(`${item.size}:`).update(item.bytes);
    this.#compareWithPrior();
    if (this.#seen % SLICE_ITEMS === 0) await this.#giveWay();
    if (this.#replay) return;
    this.#sort(item);
    this.#batchItems++;
    this.#batchBytes += item.bytes.length;
    if (this.#batchItems >= BATCH_ITEMS || this.#batchBytes >= BATCH_BYTES) await this.#flush();
  }

  /** Where an earlier request stopped, the body up to here must be the one it had. */
  #compareWithPrior(): void {
    let digest: string | undefined;
    for (const { prior } of this.#tallies) {
      if (prior === undefined) continue;
      const beyond = prior.done && this.#seen > prior.processed;
      if (!beyond && this.#seen !== prior.processed) continue;
      digest ??= this.#digest();
      if (beyond || digest !== prior.bodyHash) throw new Stop({ kind: 'key-reused' });
    }
  }

  #digest(): string {
    return this.#hash?.copy().digest('hex') ?? '';
  }

  /** Into the batch of its partition, as a record or as a dead letter; an item worked off before is passed over. */
  #sort(item: Item): void {
    const now = this.ingester.now();
    const decoded = decodeItem(item, this.input.stream, now, this.ingester.options);
    if (typeof decoded !== 'number') {
      this.#lastFault = decoded;
      this.#reject(item.line, decoded, item.bytes);
      return;
    }
    const tally = this.#tallies[this.input.partitionOf(item.bytes)];
    if (this.#seen <= (tally.prior?.processed ?? 0)) return;
    tally.records.push({ time: decoded, raw: item.bytes });
  }

  #reject(line: number, { code, message, time }: RefusedEvent, raw: Buffer): void {
    const tally = this.#tallies[0];
    if (this.#seen <= (tally.prior?.processed ?? 0)) return;
    tally.reject(
      { line, code, message },
      {
        identity: `${this.#identity}/${this.#seen}`,
        stream: this.input.stream.name,
        partition: null,
        offset: null,
        code,
        message,
        time,
        raw: raw.subarray(0, DEAD_LETTER_BYTES),
      },
    );
  }

  async #finish(): Promise<IngestOutcome> {
    const { splitter } = this.input;
    if (splitter.fault !== undefined) this.#takeFault(splitter.fault);
    const unreadable = splitter.single && (this.#lastFault?.code === 'invalid-json' || this.#lastFault?.code === 'invalid-utf8');
    if (unreadable) throw new Stop({ kind: 'unparseable', code: this.#lastFault!.code, message: this.#lastFault!.message, line: 1 });
    // A body shorter than what was worked off under this key before is another body.
    if (this.#tallies.some(({ prior }) => prior !== undefined && this.#seen < prior.processed)) return { kind: 'key-reused' };
    if (!this.#replay) {
      // The key's last word must not come before any partition's events.
      if (this.#partitions > 1) await this.#flush();
      await this.#flush(this.input.idempotencyKey !== undefined);
      await this.#settle();
    }
    const watermark = this.#replay ? this.#tallies[0].prior!.watermark : this.#watermark();
    return { kind: 'done', totals: totals(this.#tallies, this.#seen), watermark, replayed: this.#replay };
  }

  /** What the body's frame left over counts as one more item, unless there is nothing but it. */
  #takeFault(fault: { line: number; message: string; raw: Buffer }): void {
    if (this.#seen === 0) throw new Stop({ kind: 'unparseable', code: 'invalid-json', message: fault.message, line: fault.line });
    this.#seen++;
    this.#hash?.update(`${fault.raw.length}:`).update(fault.raw);
    this.#compareWithPrior();
    if (!this.#replay) this.#reject(fault.line, { code: 'invalid-json', message: fault.message }, fault.raw);
  }

  /** Sends the batch off once the one before is durable. */
  async #flush(done = false): Promise<void> {
    await this.#settle();
    const refusal = this.ingester.refusal();
    if (refusal !== undefined) throw this.#stopFor(refusal);
    this.#batchItems = 0;
    this.#batchBytes = 0;
    if (done || this.#tallies.some((tally) => tally.hasBatch)) this.#onItsWay = this.#append(this.#seen, done);
    await nextTurn();
    this.#sliceStart = performance.now();
  }

  async #giveWay(): Promise<void> {
    if (performance.now() - this.#sliceStart < SLICE_MS) return;
    await nextTurn();
    this.#sliceStart = performance.now();
  }

  async #settle(): Promise<void> {
    const refusal = await this.#onItsWay;
    this.#onItsWay = undefined;
    if (refusal !== undefined) throw this.#stopFor(refusal);
  }

  /** Appends all partitions' batches. Never rejects: a failed write is a refusal. */
  async #append(processed: number, done: boolean): Promise<Refusal | undefined> {
    const bodyHash = this.#digest();
    const tallies = this.#tallies.filter((tally) => tally.hasBatch || (done && tally.partition === 0));
    const appends = tallies.map((tally) => this.#appendTo(tally, { processed, bodyHash, done }));
    const sums = totals(this.#tallies, processed);
    const failed = (await Promise.allSettled(appends)).find((result) => result.status === 'rejected');
    if (failed !== undefined) return notWritten(failed.reason);
    this.#durable = sums;
    return undefined;
  }

  #appendTo(tally: PartitionTally, reached: { processed: number; bodyHash: string; done: boolean }): Promise<number> {
    const { records, deadLetters } = tally.takeBatch();
    const { partition } = tally;
    tally.accepted += records.length;
    tally.behindWatermark += this.#placeInTime(partition, records);
    const { accepted, behindWatermark } = tally;
    const key = this.input.idempotencyKey === undefined ? undefined : this.#progressKey(partition);
    const watermark = reached.done ? this.#watermark() : null;
    const progress =
      key === undefined ? undefined : { ...reached, key, accepted, rejected: [...tally.rejected], behindWatermark, watermark };
    return this.ingester.log.append(this.input.stream.name, partition, records, { deadLetters, progress });
  }

  /** Decided once: a retry is answered the same. */
  #watermark(): number | null {
    if (this.#repliedWatermark === undefined) this.#repliedWatermark = this.ingester.watermark(this.input.stream, this.#partitions);
    return this.#repliedWatermark;
  }

  /**
   * Arrival times are given here, where the order in the log is decided, so that they never run backwards in it.
   * Returns how many records are at or below their partition's watermark.
   */
  #placeInTime(partition: number, records: LogRecord[]): number {
    const { name, time, outOfOrderness } = this.input.stream;
    let highest = this.ingester.highest(name, partition);
    if (time === undefined) {
      const arrival = Math.max(this.ingester.now(), highest);
      records.forEach((record, at) => {
        records[at] = { time: arrival, raw: record.raw };
      });
    }
    const floor = this.ingester.partitionWatermark(this.input.stream, partition);
    let behind = 0;
    for (const record of records) {
      if (record.time <= Math.max(highest - outOfOrderness - 1, floor)) behind++;
      else if (record.time > highest) highest = record.time;
    }
    this.ingester.raiseHighest(name, partition, highest);
    return behind;
  }

  #stopFor({ away, code, message, retryAfter, cause }: Refusal): Stop {
    return new Stop({ kind: 'refused', away, code, message, retryAfter, totals: this.#durable, cause });
  }
}

function notWritten(cause: unknown): Refusal {
  const overloaded = (cause as { code?: unknown } | undefined)?.code === 'log-overloaded';
  return overloaded
    ? { away: false, code: 'backlog-full', message: (cause as Error).message, retryAfter: 1, cause }
    : {
        away: true,
        code: 'log-unavailable',
        message: 'the event log cannot be written at present; nothing beyond `processed` was taken',
        retryAfter: 2,
        cause,
      };
}
