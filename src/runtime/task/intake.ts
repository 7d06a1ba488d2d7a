import { Event } from '../../engine/event/event.js';
import type { FieldLayout } from '../../engine/event/field-layout.js';
import type { StreamDefinition } from '../../engine/rule/definition.js';
import { EventJudge, type EventLimits, type RefusedEvent, type TimeRange } from '../../engine/rule/decode-event.js';
import type { FrameCursor } from '../log/frame.js';
import type { PartitionClock } from '../release/partition-clock.js';
import type { BufferSet } from './buffer-set.js';
import type { DeadLetters } from './dead-letters.js';
import type { RuleGuard } from './rule-guard.js';
import type { Partition, StreamSet } from './stream-set.js';

/** Judges each event once, by its own partition alone: late, a duplicate, or on to the buffers of its readers. */
export class Intake {
  readonly #judges = new WeakMap<StreamDefinition, EventJudge>();

  constructor(
    readonly layout: FieldLayout,
    readonly streams: StreamSet,
    readonly buffers: BufferSet,
    readonly guard: RuleGuard,
    readonly letters: DeadLetters,
    readonly limits: EventLimits,
    readonly range: TimeRange = { since: -Infinity, until: Infinity },
  ) {}

  /** Takes the partition's next event, which arrived at `arrivalTime` (epoch ms); the cursor stands at it. */
  accept(partition: Partition, offset: number, cursor: FrameCursor, arrivalTime: number): void {
    const { clock } = partition;
    const event = this.#decode(partition, offset, cursor, (refused) => this.letters.refused(partition, offset, cursor.raw, refused));
    clock.nextOffset = offset + 1;
    clock.events++;
    if (event === undefined || event.time < this.range.since || event.time >= this.range.until) return;
    if (this.#isFarFuture(event, arrivalTime) || this.#isLate(partition, event) || this.#isDuplicate(partition, event)) {
      clock.skipped.add(offset);
      return;
    }
    const passed = this.#isPassed(partition, event);
    clock.maxTime = Math.max(clock.maxTime, event.time);
    partition.dedupe?.advanceTime(clock.watermark);
    for (const buffer of this.buffers) if (buffer.takes(clock, offset) && !(passed && buffer.continues)) buffer.add(event);
  }

  /** An event from before the checkpoint, judged then: it goes where it had not been released. */
  acceptAgain(partition: Partition, offset: number, cursor: FrameCursor): void {
    const { skipped, skippedByContinuing } = partition.clock;
    if (skipped.has(offset)) return;
    const event = this.#decode(partition, offset, cursor);
    if (event === undefined) return;
    const passed = skippedByContinuing.has(offset);
    for (const buffer of this.buffers)
      if (buffer.takes(partition.clock, offset) && !(passed && buffer.continues) && !buffer.released(event)) buffer.add(event);
  }

  #decode(at: Partition, offset: number, cursor: FrameCursor, refuse?: (why: RefusedEvent) => void): Event | undefined {
    const { data, start, end, time: given } = cursor;
    const { stream, partition } = at.clock;
    const judge = at.definition.source.kind === 'kafka' ? this.#judgeOf(at.definition) : undefined;
    const fields = judge === undefined ? this.layout.decode(data, undefined, start, end) : judge.decode(data, start, end);
    const time = !Array.isArray(fields) ? fields : judge === undefined ? given : judge.timeOf(fields, given >= 0 ? given : undefined);
    if (typeof time !== 'number') {
      refuse?.(time);
      return undefined;
    }
    const event = new Event(this.layout, stream, partition, offset, time, data, fields as unknown[], undefined, start, end);
    const id = this.streams.hasId(stream) && this.guard.admitStreamId(event) ? this.streams.idOf(event) : undefined;
    return id === undefined ? event : new Event(this.layout, stream, partition, offset, time, data, event.fields, id, start, end);
  }

  /** Kafka's records come as the broker has them: what HTTP checks at the door is checked here. */
  #judgeOf(definition: StreamDefinition): EventJudge {
    const known = this.#judges.get(definition);
    if (known !== undefined) return known;
    const judge = new EventJudge(definition, this.layout, this.limits);
    this.#judges.set(definition, judge);
    return judge;
  }

  /** One wrong clock would make all that follows late, so it moves nothing. */
  #isFarFuture(event: Event, arrivalTime: number): boolean {
    if (event.time <= arrivalTime + this.limits.farFutureMs) return false;
    this.letters.farFuture(event, arrivalTime, this.limits.farFutureMs);
    return true;
  }

  #isLate({ clock }: Partition, event: Event): boolean {
    if (event.time > clock.watermark) return false;
    clock.late++;
    this.letters.late(event, clock.watermark, event.time <= clock.floor ? 'floor' : 'watermark');
    return true;
  }

  /** Late for the rules that went on without the partition while it was stalled. */
  #isPassed({ clock }: Partition, event: Event): boolean {
    if (event.time > clock.stallFloor || !this.#isTakenByContinuing(clock, event.offset)) return false;
    clock.late++;
    clock.skippedByContinuing.add(event.offset);
    this.letters.passed(event, clock.stallFloor);
    return true;
  }

  #isTakenByContinuing(clock: PartitionClock, offset: number): boolean {
    for (const buffer of this.buffers) if (buffer.continues && buffer.takes(clock, offset)) return true;
    return false;
  }

  #isDuplicate({ clock, dedupe }: Partition, event: Event): boolean {
    if (dedupe === undefined || dedupe.isFirst(event.id, event.time)) return false;
    clock.duplicates++;
    return true;
  }
}
