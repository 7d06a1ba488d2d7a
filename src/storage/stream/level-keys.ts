/**
 * Keys of a LevelStateStore:
 *   a value   01 · group, uint16 BE · record key (BinaryWriter.text)
 *   a marker  02 · epoch, uint32 BE · the value's key: changed in that epoch
 */
import { BinaryWriter } from '../../engine/state/binary.js';

const VALUE = 1;
const MARKER = 2;
const VALUE_HEAD = 3;
const MARKER_HEAD = 5;

/** What LevelDB's ranges take. */
export interface KeyRange {
  readonly gte: Uint8Array;
  readonly lt: Uint8Array;
}

const out = new BinaryWriter();

export function valueKey(group: number, recordKey: string): Uint8Array {
  out.reset();
  out.byte(VALUE);
  out.byte(group >> 8);
  out.byte(group & 0xff);
  out.text(recordKey);
  return out.toBytes();
}

export function groupOf(valueKey: Uint8Array): number {
  return valueKey[1] * 256 + valueKey[2];
}

/** A record's key as snapshots have it. */
export function recordPart(valueKey: Uint8Array): Uint8Array {
  return valueKey.subarray(VALUE_HEAD);
}

export function groupRange(group: number): KeyRange {
  return { gte: groupHead(group), lt: group === 0xffff ? Uint8Array.of(MARKER) : groupHead(group + 1) };
}

export function markerOf(epoch: number, valueKey: Uint8Array): Uint8Array {
  const key = Buffer.allocUnsafe(MARKER_HEAD + valueKey.length);
  key[0] = MARKER;
  key.writeUInt32BE(epoch, 1);
  key.set(valueKey, MARKER_HEAD);
  return key;
}

export function valueKeyOfMarker(marker: Uint8Array): Uint8Array {
  return marker.subarray(MARKER_HEAD);
}

/** Markers of an epoch. */
export function changesOf(epoch: number): KeyRange {
  return { gte: epochHead(epoch), lt: epochHead(epoch + 1) };
}

/** Markers of an epoch and all before it. */
export function upToEpoch(epoch: number): KeyRange {
  return { gte: epochHead(0), lt: epochHead(epoch + 1) };
}

function groupHead(group: number): Uint8Array {
  return Uint8Array.of(VALUE, group >> 8, group & 0xff);
}

function epochHead(epoch: number): Uint8Array {
  return markerOf(epoch, new Uint8Array());
}
