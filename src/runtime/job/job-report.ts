import type { ListVersion } from '../../engine/expr/index.js';
import type { JobMetrics, JobStatus, RuleStats, StallStatus, StreamStatus } from '../ports/job-control.js';
import type { EngineRuleStats, EngineStats } from '../worker/protocol.js';
import type { Stall } from './stall.js';

/** Where the numbers come from that the engine does not know. */
export interface ReportSources {
  endOffset(stream: string, partition: number): number | undefined;
  stalls(): readonly Stall[];
  restarts(): number;
  ghostAlerts(): number;
  checkpoints(): JobMetrics['checkpoints'];
}

/** What a job tells of itself: its state, and what the engine's last statistics say. */
export class JobReport {
  /** The engine's last. */
  stats: EngineStats = { rules: [], streams: [], lists: [], recovering: true };
  /** Written since the start. */
  deadLetters = 0;
  #state: JobStatus['state'] = 'created';
  #reason: string | null = null;
  #since = Date.now();

  constructor(readonly sources: ReportSources) {}

  get state(): JobStatus['state'] {
    return this.#state;
  }

  setState(state: JobStatus['state'], reason: string | null): void {
    this.#state = state;
    this.#reason = reason;
    this.#since = Date.now();
  }

  status(): JobStatus {
    return {
      state: this.#state,
      reason: this.#reason,
      since: this.#since,
      streams: this.#streams(),
      stalls: this.#stalls(),
      restarts: this.sources.restarts(),
    };
  }

  metrics(): JobMetrics {
    return {
      rules: this.stats.rules.map((rule) => this.#rule(rule)),
      streams: this.#streams(),
      deadLetters: this.deadLetters,
      ghostAlerts: this.sources.ghostAlerts(),
      checkpoints: this.sources.checkpoints(),
    };
  }

  rule(id: string): RuleStats | undefined {
    const found = this.stats.rules.find(({ rule }) => rule === id);
    return found && this.#rule(found);
  }

  watermark(stream: string, partition: number): number | null {
    return this.stats.streams.find((each) => each.stream === stream && each.partition === partition)?.watermark ?? null;
  }

  list(name: string): ListVersion | undefined {
    return this.stats.lists.find(({ list }) => list === name);
  }

  #rule({ from, onStall: _onStall, ...stats }: EngineRuleStats): RuleStats {
    const stalled = this.sources.stalls().filter(({ stream }) => from.includes(stream));
    return { ...stats, stalled: stalled.map(({ stream, partition }) => `${stream}/${partition}`) };
  }

  #streams(): StreamStatus[] {
    const stalls = this.sources.stalls();
    return this.stats.streams.map((status) => ({
      ...status,
      endOffset: this.sources.endOffset(status.stream, status.partition) ?? status.nextOffset,
      stalled: stalls.some(({ stream, partition }) => stream === status.stream && partition === status.partition),
    }));
  }

  #stalls(): StallStatus[] {
    return this.sources.stalls().map(({ stream, partition, since }) => {
      const readers = this.stats.rules.filter(({ from, status }) => status !== 'paused' && from.includes(stream));
      const ids = (onStall: string) => readers.filter((rule) => rule.onStall === onStall).map(({ rule }) => rule);
      return { stream, partition, since, waiting: ids('wait'), continuing: ids('continue') };
    });
  }
}
