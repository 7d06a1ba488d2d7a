import { setTimeout as delay } from 'node:timers/promises';
import type { ListVersion } from '../../engine/expr/index.js';
import type { EventLimits } from '../../engine/rule/decode-event.js';
import { failpoint } from '../failpoint.js';
import type { CheckpointOutput, JournalEntry, JournalPayload, Output } from '../ports/outputs.js';
import {
  EngineRestartedError,
  type JobControl,
  type JobMetrics,
  type JobStatus,
  type OpenMatchView,
  type RuleChangeResult,
  type RuleStats,
  StreamBehindError,
} from '../ports/job-control.js';
import type { Catalog, ListCatalog, OutboxRow, OutputStore, RecoveryPoint, Sources } from '../ports/stores.js';
import type { Call, Document, EngineStats, FromEngine, Reply } from '../worker/protocol.js';
import { CheckpointCoordinator } from './checkpoint-coordinator.js';
import { Committer } from './committer.js';
import { EngineSupervisor } from './engine-supervisor.js';
import type { Implicated } from './engine-thread.js';
import { JobReport } from './job-report.js';
import { documentsFor, listDocument } from './recovery-documents.js';
import { reconcile } from './reconcile.js';
import { ReplayCheck } from './replay-check.js';
import { type FeedTarget, SourceFeeds } from './source-feeds.js';

export interface LocalJobOptions {
  readonly store: OutputStore;
  readonly sources: Sources;
  readonly catalog: Catalog;
  readonly lists: ListCatalog;
  /** ms between checkpoints. */
  readonly checkpointInterval: number;
  /** ms without a heartbeat after which an evaluation counts as endless. */
  readonly watchdog: number;
  /** ms of event time a partition may be ahead of the others. */
  readonly maxAhead: number;
  /** ms without anything from a source that has more after which a partition is stalled. */
  readonly stallAfter: number;
  readonly eventLimits: EventLimits;
  /** Heap of the engine's thread, MiB. */
  readonly maxHeapMb: number;
  readonly onLog: (level: 'info' | 'warn' | 'error', message: string, details?: object) => void;
  /** The epoch is lost, or the engine cannot be restarted: the process must end. */
  readonly onFatal: (error: Error) => void;
}

const TICK_MS = 200;
/** How long a stop waits for the last checkpoint; without it the next start has more to read again, no more. */
const STOP_PATIENCE_MS = 5_000;
const POLL_MS = 10;
const SETTLE_RETRY_MS = 1_000;
/** How long an asserted watermark waits for the stream's events to be worked off. */
const ASSERT_PATIENCE_MS = 5_000;
/** Outputs not committed yet above which nothing more is fed. */
const MAX_PENDING = 5_000;

/** The one job of a process: reads the sources, runs the engine's thread, commits what it says. */
export class LocalJob implements JobControl {
  readonly #options: LocalJobOptions;
  readonly #committer: Committer;
  readonly #engine: EngineSupervisor;
  readonly #feeds: SourceFeeds;
  readonly #checkpoints: CheckpointCoordinator;
  readonly #replay = new ReplayCheck();
  readonly #listeners = new Set<(rows: readonly OutboxRow[]) => void>();
  #timers: NodeJS.Timeout[] = [];
  readonly #report: JobReport;
  #journalSequence = 0;
  /** Of the newest checkpoint. */
  #checkpointedLists: readonly ListVersion[] = [];
  #settling: Promise<void> | undefined;

  constructor(options: LocalJobOptions) {
    this.#options = options;
    const { store, sources, watchdog, maxAhead, stallAfter, eventLimits, maxHeapMb } = options;
    this.#committer = new Committer(store, {
      committed: (rows, outputs) => this.#committed(rows, outputs),
      checkpointed: (checkpoint, bytes, durationMs) => this.#checkpointed(checkpoint, bytes, durationMs),
      segmentsStored: (checkpoint, segments) => this.#engine.post({ type: 'segmentsStored', checkpoint, segments }),
      stalled: (error) => this.#stalled(error),
      epochLost: (error) => options.onFatal(error),
    });
    const target: FeedTarget = {
      send: (batch) => this.#engine.post({ type: 'batch', batch }, [batch.data.buffer as ArrayBuffer]),
      congested: () => this.#committer.pending > MAX_PENDING,
      readFailed: (error) => this.#stalled(error),
    };
    this.#feeds = new SourceFeeds(sources, target, stallAfter);
    this.#checkpoints = new CheckpointCoordinator({
      take: async (checkpoint) => {
        await this.#engine.call({ name: 'checkpoint', checkpoint, kind: 'checkpoint' });
        await this.#committer.settled();
      },
      clean: async () => {
        await store.clean();
        await options.lists.forgetBefore(this.#checkpointedLists);
      },
    });
    this.#engine = new EngineSupervisor(
      { watchdog, maxAhead, eventLimits, maxHeapMb },
      {
        received: (message) => this.#received(message),
        suspend: () => this.#feeds.stop(),
        recover: () => this.#recover(),
        poison: (implicated) => this.#poison(implicated),
        restarting: (error, implicated) => options.onLog('error', `the engine is restarted: ${error.message}`, { implicated }),
        recoveryFailed: (error) => {
          options.onLog('warn', `recovery is tried again: ${error.message}`);
          this.#report.setState('recovering', error.message);
        },
        fatal: (error) => options.onFatal(error),
      },
    );
    this.#report = new JobReport({
      endOffset: (stream, partition) => this.#feeds.endOffset(stream, partition),
      stalls: () => this.#feeds.stalls,
      restarts: () => this.#engine.restarts,
      ghostAlerts: () => this.#replay.ghosts,
      checkpoints: () => this.#checkpoints.metrics,
    });
  }

  /** Recovers and starts; resolves when the engine works and desired rules are active. */
  async start(): Promise<void> {
    await this.#engine.start();
    await this.#settleDesired();
    this.#timers = [
      setInterval(() => void this.#tick(), TICK_MS),
      setInterval(() => void this.#checkpoint().catch(() => {}), this.#options.checkpointInterval),
    ];
  }

  /** Works off what is fed, takes a last checkpoint, ends the thread. */
  async stop(): Promise<void> {
    this.#report.setState('stopping', null);
    this.#engine.expectEnd();
    this.#timers.forEach(clearInterval);
    const mark = this.#mark();
    this.#feeds.stop();
    await Promise.race([
      this.#finalCheckpoint(mark).then(() => this.#committer.settled()),
      delay(STOP_PATIENCE_MS, undefined, { ref: false }),
    ]).catch(() => {});
    this.#committer.close();
    await this.#engine.stop();
    this.#report.setState('stopped', null);
  }

  /** Calls back with the rows new in the outbox, after each commit. */
  onCommitted(listener: (rows: readonly OutboxRow[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // JobControl

  async activateRule(rule: string, version: number, status: 'active' | 'shadow'): Promise<RuleChangeResult> {
    const found = await this.#options.catalog.rule(rule, version);
    if (found === undefined) throw new Error(`rule ${rule}@${version} is not in the catalog`);
    return this.#decide({ kind: 'rule-activated', rule, version, status }, { kind: 'rule', id: rule, version, document: found.document });
  }

  pauseRule(rule: string): Promise<RuleChangeResult> {
    return this.#decide({ kind: 'rule-paused', rule, reason: 'user' });
  }

  retireRule(rule: string): Promise<RuleChangeResult> {
    return this.#decide({ kind: 'rule-retired', rule });
  }

  async previewRule(_rule: string, document: unknown): Promise<RuleChangeResult> {
    return (await this.#ask({ name: 'preview', document })) as RuleChangeResult;
  }

  async streamChanged(stream: string, version: number): Promise<void> {
    const found = await this.#options.catalog.stream(stream, version);
    if (found === undefined) throw new Error(`stream ${stream}@${version} is not in the catalog`);
    const first = !this.#report.stats.streams.some((each) => each.stream === stream);
    const partitions = await this.#options.sources.reader(stream).starts(first);
    const starts = Object.fromEntries([...partitions].map(([partition, offset]) => [`${stream}/${partition}`, offset]));
    await this.#decide(
      { kind: 'stream-changed', stream, version, starts },
      { kind: 'stream', id: stream, version, document: found.document },
    );
    this.#feeds.start((await this.#refreshStats()).streams);
  }

  async streamDeleted(stream: string): Promise<void> {
    await this.#decide({ kind: 'stream-deleted', stream });
    this.#feeds.stop(stream);
    await this.#refreshStats();
  }

  async listChanged(to: ListVersion): Promise<void> {
    const held = this.#report.list(to.list);
    await this.#decide({ kind: 'list-changed', ...to }, await listDocument(this.#options.lists, held, to));
    await this.#refreshStats();
  }

  listVersion(name: string): number | undefined {
    const held = this.#report.list(name);
    return held?.deleted ? undefined : held?.version;
  }

  async assertWatermark(stream: string, time: number): Promise<number> {
    const waiting = AbortSignal.timeout(ASSERT_PATIENCE_MS);
    if (!(await this.#workedOffToEnd(stream, waiting))) throw new StreamBehindError(this.#feeds.hindrance(stream));
    const watermark = (await this.#ask({ name: 'assertWatermark', stream, time })) as number;
    await this.#committer.flushed();
    await this.#refreshStats();
    return watermark;
  }

  refused(stream: string): void {
    this.#feeds.restartSilence(stream);
  }

  ruleStats(rule: string): RuleStats | undefined {
    return this.#report.rule(rule);
  }

  async openMatches(rule: string, key: unknown): Promise<readonly OpenMatchView[]> {
    return (await this.#ask({ name: 'openMatches', rule, key })) as readonly OpenMatchView[];
  }

  watermark(stream: string, partition: number): number | null {
    return this.#report.watermark(stream, partition);
  }

  status(): JobStatus {
    return this.#report.status();
  }

  metrics(): JobMetrics {
    return this.#report.metrics();
  }

  // recovery

  async #recover(): Promise<void> {
    this.#report.setState('recovering', null);
    await this.#committer.settled();
    const point = await this.#options.store.recover();
    this.#give(await documentsFor(this.#options.catalog, this.#options.lists, point));
    const { checkpoint, journal } = point;
    if (checkpoint !== undefined) {
      this.#engine.post({ type: 'restore', meta: checkpoint.meta });
      for await (const data of this.#options.store.segments(checkpoint.oldestNeeded, checkpoint.id))
        this.#engine.post({ type: 'segment', data });
    }
    this.#engine.post({ type: 'replay', entries: journal });
    this.#journalSequence = journal.at(-1)?.sequence ?? checkpoint?.journalSequence ?? 0;
    this.#checkpoints.restoredFrom(checkpoint?.id ?? 0);
    const positions = (await this.#engine.call({ name: 'start' })) as Record<string, number>;
    this.#feeds.start((await this.#refreshStats()).streams, positions);
    void this.#verifyReplay(point).catch(() => {});
  }

  async #verifyReplay(point: RecoveryPoint): Promise<void> {
    this.#replay.expect(point.uncoveredAlerts);
    if (this.#replay.complete) return;
    const { thread } = this.#engine;
    await this.#recovered();
    for (const stream of new Set(this.#report.stats.streams.map((each) => each.stream))) await this.#workedOffToEnd(stream);
    await this.#committer.flushed();
    if (thread !== this.#engine.thread || this.#replay.complete) return;
    const ids = this.#replay.conclude();
    this.#options.onLog('error', `${ids.length} alerts of before the crash were not produced again`, { ids: ids.slice(0, 10) });
  }

  /** The catalog's desired state becomes the actual one, through the journal only; one at a time. */
  #settleDesired(): Promise<void> {
    this.#settling ??= this.#settle().finally(() => (this.#settling = undefined));
    return this.#settling;
  }

  /** Tried until it is done: a source may not answer, or the engine end meanwhile. */
  async #settle(): Promise<void> {
    for (;;) {
      try {
        await this.#recovered();
        await reconcile(this.#options.catalog, this.#options.lists, await this.#refreshStats(), this);
        return this.#report.setState('running', null);
      } catch (error) {
        if (this.#report.state === 'stopping' || this.#report.state === 'stopped') throw error;
        this.#options.onLog('warn', `what was stored before the last stop is not applied yet: ${(error as Error).message}`);
        this.#report.setState('recovering', (error as Error).message);
        await delay(SETTLE_RETRY_MS);
      }
    }
  }

  /** Until the journal has been worked off nothing may be decided. */
  async #recovered(): Promise<void> {
    for (;;) {
      const { recovering, streams } = await this.#refreshStats();
      // A stream whose creation is in the journal begins to be read when its entry has been applied.
      this.#feeds.start(streams);
      if (!recovering) return;
      await delay(POLL_MS);
    }
  }

  /**
   * Events accepted before now come before what is asserted now; and recovery has nothing left to apply.
   * Resolves with false when `given` ends before.
   */
  async #workedOffToEnd(stream: string, given?: AbortSignal): Promise<boolean> {
    const reached = this.#feeds.workedOffToHere(stream);
    while (this.#engine.restarting !== undefined || this.#report.stats.recovering || !reached()) {
      if (given?.aborted) return false;
      await delay(POLL_MS);
    }
    return true;
  }

  async #poison(implicated: Implicated): Promise<void> {
    await this.#committer.flushed();
    const entry = { sequence: this.#journalSequence + 1, positions: {}, payload: poisonOf(implicated) };
    this.#committer.add([{ type: 'journal', entry }]);
    await this.#committer.flushed();
  }

  // engine

  async #refreshStats(): Promise<EngineStats> {
    this.#report.stats = (await this.#engine.call({ name: 'stats' })) as EngineStats;
    return this.#report.stats;
  }

  #received(message: FromEngine): void {
    switch (message.type) {
      case 'outputs':
        return this.#committer.add(message.outputs);
      case 'segments':
        return this.#committer.addSegments(message.part);
      case 'progress':
        return this.#feeds.worked(message);
      case 'ahead':
        return this.#feeds.holdBack(message.partitions);
    }
  }

  /** Journals and applies; `document` is what the payload names. Deciding the same twice is harmless, so a restart between is survived. */
  async #decide(payload: JournalPayload, document?: Document): Promise<RuleChangeResult> {
    failpoint('decision');
    const once = async (): Promise<RuleChangeResult> => {
      await this.#engine.restarting;
      await this.#recovered();
      if (document !== undefined) this.#give([document]);
      return (await this.#engine.call({ name: 'decide', payload })) as RuleChangeResult;
    };
    const result = await once().catch((error: Error) => {
      if (error instanceof EngineRestartedError) return once();
      throw error;
    });
    await this.#committer.flushed();
    this.#refreshStats().catch(() => {});
    return result;
  }

  /** A question for the engine; while it is restarted, for the next one. */
  async #ask(call: Call): Promise<Reply> {
    await this.#engine.restarting;
    return this.#engine.call(call);
  }

  #give(documents: readonly Document[]): void {
    this.#engine.post({ type: 'documents', documents });
  }

  // committing

  #committed(rows: readonly OutboxRow[], outputs: readonly Output[]): void {
    for (const output of outputs) {
      if (output.type === 'journal') this.#journaled(output.entry);
      if (output.type === 'deadLetter') this.#report.deadLetters++;
      if (output.type === 'alert') this.#replay.produced(output.alert.id);
    }
    if (rows.length > 0) for (const listener of this.#listeners) listener(rows);
    this.#feeds.wake();
  }

  #journaled({ sequence, payload }: JournalEntry): void {
    this.#journalSequence = sequence;
    if (payload.kind === 'limit-reached')
      this.#options.onLog('warn', `rule ${payload.rule} has reached its limit of ${payload.limit}: ${payload.onLimit}`, payload);
    if (payload.kind === 'rule-paused' && payload.reason !== 'user')
      this.#options.onLog('error', `rule ${payload.rule} was stopped: ${payload.reason}`, payload);
  }

  async #checkpoint(): Promise<void> {
    if (this.#engine.restarting !== undefined || this.#report.stats.recovering) return;
    await this.#checkpoints.checkpoint(this.#mark());
  }

  async #finalCheckpoint(mark: string): Promise<void> {
    if (this.#engine.restarting !== undefined || this.#report.stats.recovering) return;
    await this.#checkpoints.finalCheckpoint(mark);
  }

  /** Where the job stands: the same again when nothing happened. */
  #mark(): string {
    return JSON.stringify([this.#feeds.workedOff(), this.#journalSequence]);
  }

  #checkpointed(checkpoint: CheckpointOutput, bytes: number, durationMs: number): void {
    this.#checkpointedLists = checkpoint.lists;
    this.#checkpoints
      .completed(checkpoint, bytes, durationMs)
      .catch((error: Error) => this.#options.onLog('warn', `cleaning old checkpoints failed: ${error.message}`));
  }

  // time and faults

  async #tick(): Promise<void> {
    if (this.#engine.restarting !== undefined) return;
    try {
      if (this.#settling !== undefined) return;
      if (this.#report.state === 'recovering') await this.#settleDesired();
      const quiet = this.#feeds.quiet();
      if (this.#report.state === 'running') this.#engine.post({ type: 'quiet', quiet });
      await this.#refreshStats();
    } catch {
      // The thread died meanwhile; bringing it up again is under way.
    }
  }

  #stalled(error: Error | undefined): void {
    if (error === undefined) {
      this.#feeds.restartSilence();
      if (this.#report.state === 'stalled') this.#report.setState('running', null);
      return;
    }
    if (this.#report.state === 'running') {
      this.#options.onLog('error', `the database does not take or give data: ${error.message}`);
      this.#report.setState('stalled', error.message);
    }
  }
}

function poisonOf(implicated: Implicated): JournalPayload {
  if ('deadline' in implicated) return { kind: 'poison-deadline', rule: implicated.rule, time: implicated.deadline };
  const { rule, ...event } = implicated;
  return { kind: 'poison', rule, event };
}
