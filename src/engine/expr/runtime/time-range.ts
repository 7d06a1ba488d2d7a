import { CelError } from '../../event/cel-error.js';
import { CelDuration, CelTimestamp } from './values.js';

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999999Z (google.protobuf.Timestamp). */
const FIRST = -62_135_596_800n * 1_000_000_000n;
const LAST = 253_402_300_800n * 1_000_000_000n - 1n;
/** CEL's durations are 64-bit nanoseconds. */
const LONGEST = (1n << 63n) - 1n;

export function makeTimestamp(nanos: bigint): CelTimestamp | CelError {
  return nanos < FIRST || nanos > LAST ? new CelError('timestamp out of range') : new CelTimestamp(nanos);
}

export function makeDuration(nanos: bigint): CelDuration | CelError {
  return nanos < -LONGEST || nanos > LONGEST ? new CelError('duration out of range') : new CelDuration(nanos);
}
