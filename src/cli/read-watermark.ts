import { parseIsoTime } from '../engine/event/decode/iso-time.js';
import { UsageError } from './terminal.js';

/** Epoch ms, or ISO 8601 with an offset. @throws UsageError */
export function readWatermark(text: string): number {
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  const time = parseIsoTime(text);
  if (typeof time === 'number') return time;
  throw new UsageError(`--watermark ${text}: expected epoch milliseconds, or a time such as 2026-01-31T12:00:00Z`);
}
