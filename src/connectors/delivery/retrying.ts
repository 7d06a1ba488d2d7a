import { setTimeout as delay } from 'node:timers/promises';

const MIN_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 2_000;

/**
 * Tries until it works, `limitMs` are over, or an error says that trying again is of no use.
 * @param failed called after each failure, before the next try
 */
export async function retrying<T>(
  limitMs: number,
  attempt: () => Promise<T>,
  failed: (error: unknown) => Promise<void>,
  isFinal: (error: unknown) => boolean = () => false,
): Promise<T> {
  const limit = Date.now() + limitMs;
  for (let backoff = MIN_BACKOFF_MS; ; backoff = Math.min(backoff * 2, MAX_BACKOFF_MS)) {
    try {
      return await attempt();
    } catch (error) {
      await failed(error);
      if (isFinal(error) || Date.now() + backoff > limit) throw error;
      await delay(backoff);
    }
  }
}
