/** Milliseconds in each unit a duration may name. */
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const PATTERN = /^(-?)(\d{1,15})(ms|s|m|h|d)$/;

/**
 * Reads a duration like "250ms", "10m", "1d" into milliseconds.
 * Undefined when the text is not one, is negative without `allowNegative`, or is beyond 2^53 ms.
 */
export function parseDuration(text: string, { allowNegative = false } = {}): number | undefined {
  const found = PATTERN.exec(text);
  if (found === null || (found[1] === '-' && !allowNegative)) return undefined;
  const ms = Number(found[2]) * UNITS[found[3]];
  if (!Number.isSafeInteger(ms)) return undefined;
  return found[1] === '-' ? -ms : ms;
}

/** The shortest exact text of a duration: 90000 is "90s", 3600000 is "1h". */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    if (ms !== 0 && ms % UNITS[unit] === 0) return `${ms / UNITS[unit]}${unit}`;
  }
  return `${ms}ms`;
}
