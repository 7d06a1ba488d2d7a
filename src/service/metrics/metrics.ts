import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { JobControl, RuleStats, StreamStatus } from '../../runtime/ports/job-control.js';
import type { SinkStatus } from '../../runtime/sinks/sink-pump.js';
import type { EventLog } from '../../runtime/ports/stores.js';

type Value<T> = (from: T) => number | null | undefined;

const PER_RULE: Readonly<Record<string, readonly [help: string, value: Value<RuleStats>]>> = {
  tripline_rule_events_total: ['Events the rule has looked at', (rule) => rule.events],
  tripline_rule_alerts_total: ['Alerts of the rule', (rule) => rule.alerts],
  tripline_rule_suppressed_total: ['Alerts left out by suppress', (rule) => rule.suppressed],
  tripline_rule_timeouts_total: ['Partial matches that ran out of time', (rule) => rule.timeouts],
  tripline_rule_condition_errors_total: ['Conditions that ended in an error', (rule) => rule.conditionErrors],
  tripline_rule_unusable_keys_total: ['Events whose key could not be used', (rule) => rule.unusableKeys],
  tripline_rule_limit_reached_total: ['Times a limit of the rule was reached', (rule) => rule.limitReached],
  tripline_rule_keys: ['Keys with state', (rule) => rule.keys],
  tripline_rule_kept_events: ['Events kept in open partial matches', (rule) => rule.keptEvents],
};

const PER_PARTITION: Readonly<Record<string, readonly [help: string, value: Value<StreamStatus>]>> = {
  tripline_stream_events_total: ['Events read from the partition', (stream) => stream.events],
  tripline_stream_late_total: ['Events behind the watermark', (stream) => stream.late],
  tripline_stream_duplicates_total: ['Events left out by dedupe', (stream) => stream.duplicates],
  tripline_stream_lag_events: ['Events in the log that are not worked off', (stream) => stream.endOffset - stream.nextOffset],
  tripline_stream_idle: ['1 while the partition steps aside', (stream) => (stream.idle ? 1 : 0)],
  tripline_stream_stalled: ['1 while the source of the partition gives nothing although it has more', (stream) => (stream.stalled ? 1 : 0)],
  tripline_stream_watermark_lag_seconds: [
    'Wall clock minus watermark',
    (stream) => (stream.watermark === null ? null : (Date.now() - stream.watermark) / 1000),
  ],
};

const PER_SINK: Readonly<Record<string, readonly [help: string, value: Value<SinkStatus>]>> = {
  tripline_sink_delivered_total: ['Alerts that the sink took', (sink) => sink.delivered],
  tripline_sink_failures_total: ['Deliveries that failed and were tried again', (sink) => sink.failures],
  tripline_sink_refused_total: ['Alerts that the sink did not take and will not get again', (sink) => sink.refused],
  tripline_sink_failing: ['1 while the sink fails or is stopped', (sink) => (sink.state === 'delivering' ? 0 : 1)],
  tripline_sink_cursor: ['Outbox number up to which the sink has delivered', (sink) => sink.cursor],
};

/** Prometheus text about the job, its rules and streams, and the process. Read fresh at every scrape. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #job: JobControl;
  readonly #log: EventLog;

  constructor(job: JobControl, log: EventLog, sinks: { statuses(): SinkStatus[] }) {
    this.#job = job;
    this.#log = log;
    collectDefaultMetrics({ register: this.#registry });
    for (const [name, [help, value]] of Object.entries(PER_RULE))
      this.#family(name, help, ['rule'], () => labelled(this.#job.metrics().rules, value, (rule) => ({ rule: rule.rule })));
    for (const [name, [help, value]] of Object.entries(PER_PARTITION)) {
      this.#family(name, help, ['stream', 'partition'], () =>
        labelled(this.#job.metrics().streams, value, ({ stream, partition }) => ({ stream, partition: String(partition) })),
      );
    }
    for (const [name, [help, value]] of Object.entries(PER_SINK))
      this.#family(name, help, ['sink'], () => labelled(sinks.statuses(), value, ({ sink }) => ({ sink })));
    this.#jobFamilies();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #jobFamilies(): void {
    const single = (name: string, help: string, value: () => number | null) =>
      this.#family(name, help, [], () => [{ labels: {}, value: value() ?? undefined }]);
    const checkpoints = () => this.#job.metrics().checkpoints;
    single('tripline_dead_letters_total', 'Events that could not be used', () => this.#job.metrics().deadLetters);
    single('tripline_ghost_alerts_total', 'Alerts of before a crash that replay did not give again', () => this.#job.metrics().ghostAlerts);
    single('tripline_engine_restarts_total', 'Restarts of the engine thread', () => this.#job.status().restarts);
    single('tripline_engine_running', '1 while the engine works', () => (this.#job.status().state === 'running' ? 1 : 0));
    single('tripline_log_backlog_bytes', 'Bytes in the event log that are not worked off', () => this.#log.backlogBytes());
    single('tripline_checkpoints_total', 'Completed checkpoints', () => checkpoints().completed);
    single('tripline_checkpoints_failed_total', 'Failed checkpoints', () => checkpoints().failed);
    single('tripline_checkpoint_bytes', 'Bytes of the last checkpoint', () => checkpoints().lastBytes);
    single(
      'tripline_checkpoint_pause_seconds',
      'Time the engine stood still for the last checkpoint',
      () => checkpoints().lastPauseMs / 1000,
    );
    single('tripline_checkpoint_duration_seconds', 'Time the last checkpoint took', () => checkpoints().lastDurationMs / 1000);
    single('tripline_checkpoint_age_seconds', 'Time since the last checkpoint', () => ageSeconds(checkpoints().lastAt));
  }

  /** One metric, set anew when it is collected; a name that ends in _total is a counter. */
  #family(
    name: string,
    help: string,
    labelNames: string[],
    collect: () => Iterable<{ labels: Record<string, string>; value: number | undefined }>,
  ): void {
    const registers = [this.#registry];
    const metric = name.endsWith('_total')
      ? new Counter({ name, help, labelNames, registers, collect: refill })
      : new Gauge({ name, help, labelNames, registers, collect: refill });
    function refill(): void {
      metric.reset();
      for (const { labels, value } of collect()) if (value !== undefined) metric.inc(labels, value);
    }
  }
}

function labelled<T>(items: readonly T[], value: Value<T>, labels: (item: T) => Record<string, string>) {
  return items.map((item) => ({ labels: labels(item), value: value(item) ?? undefined }));
}

function ageSeconds(at: number | null): number | null {
  return at === null ? null : (Date.now() - at) / 1000;
}
