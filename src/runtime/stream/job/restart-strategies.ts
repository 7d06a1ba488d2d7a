/** Whether, and when, a program that failed is started again from its last checkpoint (Flink's RestartStrategies). Durations are ms. */

/** What becomes of a failure; one object for one run of a program. */
export interface RestartStrategy {
  /** @param now of the failure, epoch ms @returns ms to wait before the restart; undefined: none */
  onFailure(now: number): number | undefined;
}

/** Makes a strategy for each run. */
export type RestartStrategyFactory = () => RestartStrategy;

export interface ExponentialDelayOptions {
  readonly initialBackoff?: number;
  readonly maxBackoff?: number;
  readonly backoffMultiplier?: number;
  /** A program that ran as long without failure begins with the initial wait again. */
  readonly resetBackoffThreshold?: number;
  /** The share of a wait that it may be longer or shorter, so that programs do not restart in step. */
  readonly jitterFactor?: number;
  /** Without one there is no end. */
  readonly attemptsBeforeResetBackoff?: number;
}

export const RestartStrategies = {
  noRestart: (): RestartStrategyFactory => () => ({ onFailure: () => undefined }),

  fixedDelayRestart: (attempts: number, delay: number): RestartStrategyFactory => {
    return () => {
      let left = attempts;
      return { onFailure: () => (left-- > 0 ? delay : undefined) };
    };
  },

  /** Gives up when more than `maxFailures` come within `interval`. */
  failureRateRestart: (maxFailures: number, interval: number, delay: number): RestartStrategyFactory => {
    return () => {
      let failures: number[] = [];
      return {
        onFailure: (now) => {
          failures = [...failures.filter((time) => time > now - interval), now];
          return failures.length > maxFailures ? undefined : delay;
        },
      };
    };
  },

  /** Flink's defaults: 1 s, 1.5 times as long each time up to 1 min, the initial wait again after 1 h. */
  exponentialDelayRestart: (options: ExponentialDelayOptions = {}, random: () => number = Math.random): RestartStrategyFactory => {
    const { initialBackoff = 1_000, maxBackoff = 60_000, backoffMultiplier = 1.5, resetBackoffThreshold = 3_600_000 } = options;
    const { jitterFactor = 0.1, attemptsBeforeResetBackoff = Infinity } = options;
    return () => {
      let backoff = initialBackoff;
      let attempts = 0;
      let last = -Infinity;
      return {
        onFailure: (now) => {
          if (now - last >= resetBackoffThreshold + backoff) {
            backoff = initialBackoff;
            attempts = 0;
          }
          last = now;
          if (++attempts > attemptsBeforeResetBackoff) return undefined;
          const wait = backoff * (1 + jitterFactor * (2 * random() - 1));
          backoff = Math.min(backoff * backoffMultiplier, maxBackoff);
          return wait;
        },
      };
    };
  },
};
