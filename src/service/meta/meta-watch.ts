import type { JobMetrics, JobStatus } from '../../runtime/ports/job-control.js';
import type { SinkStatus } from '../../runtime/sinks/sink-pump.js';

/** What happens to the service itself, as an event that rules can read. */
export interface MetaEvent {
  readonly kind:
    | 'sink-failing'
    | 'stream-silent'
    | 'stream-stalled'
    | 'rule-stalled'
    | 'alert-storm'
    | 'limit-reached'
    | 'engine-restarted'
    | 'checkpoint-failed';
  /** The sink, stream or rule; `engine` for the engine's thread and its checkpoints. */
  readonly subject: string;
  /** `happened`: at once over. */
  readonly state: 'begun' | 'ended' | 'happened';
  readonly reason: string | null;
}

export interface Seen {
  readonly job: Pick<JobStatus, 'stalls' | 'restarts'>;
  readonly metrics: Pick<JobMetrics, 'rules' | 'streams' | 'checkpoints'>;
  readonly sinks: readonly SinkStatus[];
  /** Rules that are snoozed because they gave too many alerts, and why. */
  readonly storms: readonly { readonly rule: string; readonly note: string | null }[];
}

type Kind = MetaEvent['kind'];
interface Condition {
  readonly kind: Kind;
  readonly subject: string;
  readonly reason: string | null;
}

/** Tells what has begun, ended or happened from one look at the service to the next. */
export class MetaWatch {
  #lasting = new Map<string, Condition>();
  #counts: ReadonlyMap<string, Condition & { count: number }> | undefined;
  /** Events of each stream, and since when there are no more, ms. */
  readonly #heard = new Map<string, { events: number; since: number }>();

  constructor(
    readonly silentAfterMs: number,
    /** Its own stream is silent when all is well. */
    readonly ownStream: string,
  ) {}

  /** `now` in ms. What lasted when the watch began counts as begun then; counts begin where they are. */
  look(seen: Seen, now: number): MetaEvent[] {
    return [...this.#changes(new Map(conditions(seen, this.#silent(seen, now)).map((one) => [keyOf(one), one]))), ...this.#happened(seen)];
  }

  *#changes(lasting: Map<string, Condition>): Generator<MetaEvent> {
    for (const [key, condition] of lasting) if (!this.#lasting.has(key)) yield { ...condition, state: 'begun' };
    for (const [key, condition] of this.#lasting) if (!lasting.has(key)) yield { ...condition, state: 'ended' };
    this.#lasting = lasting;
  }

  *#happened({ job, metrics }: Seen): Generator<MetaEvent> {
    const counted = [
      ...metrics.rules.map(({ rule, limitReached }) => count('limit-reached', rule, limitReached)),
      count('engine-restarted', 'engine', job.restarts),
      count('checkpoint-failed', 'engine', metrics.checkpoints.failed),
    ];
    const counts = new Map(counted.map((one) => [keyOf(one), one]));
    for (const [key, { count: now, ...condition }] of counts) {
      const more = now - (this.#counts?.get(key)?.count ?? (this.#counts === undefined ? now : 0));
      if (more > 0) yield { ...condition, state: 'happened', reason: `${more} times` };
    }
    this.#counts = counts;
  }

  #silent({ metrics }: Seen, now: number): Condition[] {
    const events = new Map<string, number>();
    for (const one of metrics.streams) events.set(one.stream, (events.get(one.stream) ?? 0) + one.events);
    for (const stream of this.#heard.keys()) if (!events.has(stream)) this.#heard.delete(stream);
    return [...events].flatMap(([stream, count]) => {
      const before = this.#heard.get(stream);
      if (before?.events !== count) this.#heard.set(stream, { events: count, since: now });
      const silent = before !== undefined && before.events === count && now - before.since >= this.silentAfterMs;
      return silent && stream !== this.ownStream ? [{ kind: 'stream-silent' as const, subject: stream, reason: null }] : [];
    });
  }
}

function conditions({ job, sinks, storms }: Seen, silent: readonly Condition[]): Condition[] {
  return [
    ...silent,
    ...storms.map(({ rule, note }) => ({ kind: 'alert-storm' as const, subject: rule, reason: note })),
    ...sinks.flatMap(({ sink, state, reason }) =>
      state !== 'delivering' ? [{ kind: 'sink-failing' as const, subject: sink, reason }] : [],
    ),
    ...job.stalls.map(({ stream, partition }) => ({ kind: 'stream-stalled' as const, subject: stream, reason: `partition ${partition}` })),
    ...job.stalls.flatMap(({ stream, waiting }) =>
      waiting.map((rule) => ({ kind: 'rule-stalled' as const, subject: rule, reason: `it waits for stream ${stream}` })),
    ),
  ];
}

function count(kind: Kind, subject: string, value: number) {
  return { kind, subject, reason: null, count: value };
}

function keyOf({ kind, subject }: Condition): string {
  return `${kind} ${subject}`;
}
