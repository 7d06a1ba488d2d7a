import fc from 'fast-check';
import { TokenBuckets } from '../../src/service/auth/token-buckets.js';

describe('token buckets', () => {
  it('give a burst, then the rate, and say when to come back', () => {
    const buckets = new TokenBuckets(2, 3);
    const take = (now: number) => buckets.take('a', now);
    expect(take(0)).toEqual({ allowed: true, remaining: 2, fullIn: 1, nextIn: 1 });
    expect([take(0).allowed, take(0).allowed, take(0).allowed]).toEqual([true, true, false]);
    expect(take(0)).toEqual({ allowed: false, remaining: 0, fullIn: 2, nextIn: 1 });
    expect([take(499).allowed, take(500).allowed, take(999).allowed, take(1000).allowed]).toEqual([false, true, false, true]);
    expect(buckets.take('b', 1000).allowed).toBe(true);
  });

  it('never give more than burst + rate × time', () => {
    const requests = fc.array(fc.nat({ max: 400 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 100 }), requests, (rate, burst, pauses) => {
        const buckets = new TokenBuckets(rate, burst);
        let now = 0;
        let given = 0;
        for (const pause of pauses) {
          now += pause;
          if (buckets.take('a', now).allowed) given++;
          expect(given).toBeLessThanOrEqual(burst + (now / 1000) * rate + 1e-6);
        }
      }),
    );
  });
});
