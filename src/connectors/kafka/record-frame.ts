import type { KafkaMessage } from 'kafkajs';
import type { RecordPart } from '../../engine/rule/definition.js';
import { type FrameRecord, frameRecords } from '../../runtime/log/frame.js';
import type { SourceBatch } from '../../runtime/ports/stores.js';

const OPEN = 0x7b;
const CLOSE = 0x7d;

export interface FrameOptions {
  readonly stream: string;
  readonly partition: number;
  readonly include: readonly RecordPart[];
}

/**
 * A partition's records from `firstOffset` to before `nextOffset` as a batch for the engine. Offsets without an event
 * are gaps: compacted ones, aborted transactions, and tombstones (records without a value).
 */
export function frameMessages(
  messages: readonly KafkaMessage[],
  firstOffset: number,
  nextOffset: number,
  { stream, partition, include }: FrameOptions,
): SourceBatch {
  const records: FrameRecord[] = [];
  let expected = firstOffset;
  for (const message of messages) {
    const offset = Number(message.offset);
    if (message.value === null) continue;
    if (offset > expected) records.push({ skip: offset - expected });
    records.push({ time: Number(message.timestamp ?? -1), raw: withParts(message.value, message, include) });
    expected = offset + 1;
  }
  if (nextOffset > expected) records.push({ skip: nextOffset - expected });
  return batch(stream, partition, firstOffset, nextOffset, records);
}

/** A batch that says: the events from `firstOffset` to before `nextOffset` were there and are lost. */
export function frameLoss(stream: string, partition: number, firstOffset: number, nextOffset: number): SourceBatch {
  return batch(stream, partition, firstOffset, nextOffset, [{ skip: nextOffset - firstOffset, lost: true }]);
}

function batch(stream: string, partition: number, firstOffset: number, nextOffset: number, records: FrameRecord[]): SourceBatch {
  // Each record has a time of arrival of its own, its timestamp.
  return { stream, partition, firstOffset, count: nextOffset - firstOffset, arrivalTime: Infinity, data: frameRecords(records) };
}

/** The value with the record's key and headers as fields `$key` and `$headers`: last, so that the value cannot forge them. */
function withParts(value: Buffer, message: KafkaMessage, include: readonly RecordPart[]): Buffer {
  if (include.length === 0) return value;
  const end = lastByte(value);
  // No object: the engine refuses it as it is.
  if (value[end] !== CLOSE) return value;
  const before = lastByte(value.subarray(0, end));
  const parts = include.map((part) => (part === 'key' ? `"$key":${keyJson(message.key)}` : `"$headers":${headersJson(message.headers)}`));
  const text = `${value[before] === OPEN ? '' : ','}${parts.join(',')}}`;
  return Buffer.concat([value.subarray(0, end), Buffer.from(text)]);
}

/** The index of the last byte that is no white space of JSON; -1 when there is none. */
function lastByte(bytes: Uint8Array): number {
  let at = bytes.length - 1;
  while (at >= 0 && (bytes[at] === 0x20 || (bytes[at] >= 0x09 && bytes[at] <= 0x0d))) at--;
  return at;
}

function keyJson(key: Buffer | null): string {
  return key === null ? 'null' : JSON.stringify(key.toString('utf8'));
}

/** Names to texts; a name given more than once has a list. */
function headersJson(headers: KafkaMessage['headers']): string {
  const text = (value: Buffer | string) => value.toString('utf8');
  const entries = Object.entries(headers ?? {}).map(([name, value]) => [
    name,
    value === undefined ? null : Array.isArray(value) ? value.map(text) : text(value),
  ]);
  return JSON.stringify(Object.fromEntries(entries));
}
