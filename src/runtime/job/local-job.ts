import { setTimeout as delay } from 'node:timers/promises';
import { failpoint } from '../failpoint.js';
import type { Output } from '../ports/outputs.js';
import type { JobControl, JobMetrics, JobStatus, OpenMatchView, RuleChangeResult, RuleStats, StreamStatus } from '../ports/job-control.js';
import type { Catalog, EventLog, OutboxRow, OutputStore, RecoveryPoint, SourceBatch } from '../ports/stores.js';
import type { JournalPayload } from '../ports/outputs.js';
import type { Document, EngineStats, FromEngine, Reply } from '../worker/protocol.js';
import { Committer } from './committer.js';
import { EngineThread, type Implicated } from './engine-thread.js';
import { PartitionFeed } from './feed.js';
import { documentsFor } from './recovery-documents.js';
import { reconcile } from './reconcile.js';
import { SilenceMeter } from './silence.js';
import { Implications, WatchdogTimer } from './watchdog.js';

export interface LocalJobOptions {
  readonly store: OutputStore;
  readonly log: EventLog;
  readonly catalog: Catalog;
  /** ms between checkpoints. */
  readonly checkpointInterval: number;
  /** ms without a heartbeat after which an evaluation counts as endless. */
  readonly watchdog: number;
  /** ms of event time a partition may be ahead of the others. */
  readonly maxAhead: number;
  readonly maxHeapMb?: number;
  readonly onLog: (level: 'info' | 'warn' | 'error', message: string, details?: object) => void;
  /** The epoch is lost, or the engine cannot be restarted: the process must end. */
  readonly onFatal: (error: Error) => void;
  /** The engine took the rule out of work itself; the catalog is to say so. */
  readonly onRuleStopped: (rule: string, reason: 'limit' | 'watchdog') => Promise<void>;
}

const TICK_MS = 200;
const POLL_MS = 10;
const RESTART_PAUSE_MS = 500;
const CLEAN_EVERY = 12;
/** Outputs not committed yet above which nothing more is fed. */
const MAX_PENDING = 5_000;

/** The one job of a process: reads the sources, runs the engine's thread, commits what it says. */
export class LocalJob implements JobControl {
  readonly #options: LocalJobOptions;
  readonly #committer: Committer;
  readonly #silence = new SilenceMeter();
  readonly #implications = new Implications();
  readonly #feeds = new Map<string, PartitionFeed>();
  readonly #listeners = new Set<(rows: readonly OutboxRow[]) => void>();
  readonly #unsubscribe: (() => void)[] = [];
  #thread!: EngineThread;
  #watchdog: WatchdogTimer | undefined;
  #timers: NodeJS.Timeout[] = [];
  #ahead = new Set<string>();
  #stats: EngineStats = { rules: [], streams: [], recovering: true };
  #uncovered = new Set<string>();
  #checkpointing = false;
  #nextCheckpoint = 1;
  #checkpointMark = '';
  #journalSequence = 0;
  #status: { state: JobStatus['state']; reason: string | null; since: number } = { state: 'created', reason: null, since: Date.now() };
  #restarting: Promise<void> | undefined;
  #diedAgain: Error | undefined;
  #counts = { restarts: 0, deadLetters: 0, ghostAlerts: 0 };
  #checkpoints = { completed: 0, failed: 0, lastId: 0, lastBytes: 0, lastPauseMs: 0, lastDurationMs: 0, lastAt: null as number | null };

  constructor(options: LocalJobOptions) {
    this.#options = options;
    this.#committer = new Committer(options.store, {
      committed: (rows, outputs) => this.#committed(rows, outputs),
      checkpointed: (checkpoint, bytes, durationMs) => this.#checkpointed(checkpoint, bytes, durationMs),
      stalled: (error) => this.#stalled(error),
      epochLost: (error) => options.onFatal(error),
    });
  }

  /** Recovers and starts; resolves when the engine works and desired rules are active. */
  async start(): Promise<void> {
    await this.#bringUp(undefined);
    await this.#settleDesired();
    this.#timers = [
      setInterval(() => void this.#tick(), TICK_MS),
      setInterval(() => void this.#checkpoint().catch(() => {}), this.#options.checkpointInterval),
    ];
  }

  /** Works off what is fed, takes a last checkpoint, ends the thread. */
  async stop(): Promise<void> {
    this.#setStatus('stopping', null);
    this.#timers.forEach(clearInterval);
    for (const feed of this.#feeds.values()) feed.stop();
    await this.#checkpoint().catch(() => {});
    await this.#committer.flushed();
    this.#committer.close();
    this.#watchdog?.stop();
    this.#unsubscribe.forEach((unsubscribe) => unsubscribe());
    await this.#thread.terminate();
    this.#setStatus('stopped', null);
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
    this.#give([{ kind: 'rule', id: rule, version, document: found.document }]);
    failpoint('rule-activation');
    return this.#decide({ kind: 'rule-activated', rule, version, status });
  }

  pauseRule(rule: string): Promise<RuleChangeResult> {
    return this.#decide({ kind: 'rule-paused', rule, reason: 'user' });
  }

  retireRule(rule: string): Promise<RuleChangeResult> {
    return this.#decide({ kind: 'rule-retired', rule });
  }

  async previewRule(_rule: string, document: unknown): Promise<RuleChangeResult> {
    return (await this.#call({ name: 'preview', document })) as RuleChangeResult;
  }

  async streamChanged(stream: string, version: number): Promise<void> {
    const found = await this.#options.catalog.stream(stream, version);
    if (found === undefined) throw new Error(`stream ${stream}@${version} is not in the catalog`);
    this.#give([{ kind: 'stream', id: stream, version, document: found.document }]);
    const reader = this.#options.log.reader(stream);
    const starts = Object.fromEntries(reader.partitions().map((partition) => [`${stream}/${partition}`, reader.startOffset(partition)]));
    await this.#decide({ kind: 'stream-changed', stream, version, starts });
    await this.#refreshStats();
    this.#startFeeds({});
  }

  async streamDeleted(stream: string): Promise<void> {
    await this.#decide({ kind: 'stream-deleted', stream });
    for (const [name, feed] of this.#feeds) {
      if (feed.reader.stream !== stream) continue;
      feed.stop();
      this.#feeds.delete(name);
    }
    await this.#refreshStats();
  }

  async assertWatermark(stream: string, time: number): Promise<number> {
    await this.#workedOffToEnd(stream);
    const watermark = (await this.#call({ name: 'assertWatermark', stream, time })) as number;
    await this.#committer.flushed();
    await this.#refreshStats();
    return watermark;
  }

  refused(stream: string): void {
    this.#silence.restart(stream);
  }

  ruleStats(rule: string): RuleStats | undefined {
    return this.#stats.rules.find((each) => each.rule === rule);
  }

  async openMatches(rule: string, key: unknown): Promise<readonly OpenMatchView[]> {
    return (await this.#call({ name: 'openMatches', rule, key })) as readonly OpenMatchView[];
  }

  status(): JobStatus {
    return { ...this.#status, streams: this.#streamStatus(), restarts: this.#counts.restarts };
  }

  metrics(): JobMetrics {
    const { deadLetters, ghostAlerts } = this.#counts;
    return { rules: this.#stats.rules, streams: this.#streamStatus(), deadLetters, ghostAlerts, checkpoints: this.#checkpoints };
  }

  // engine

  async #startEngine(): Promise<void> {
    this.#setStatus('recovering', null);
    const point = await this.#options.store.recover();
    const thread = new EngineThread(
      { maxAhead: this.#options.maxAhead, maxHeapMb: this.#options.maxHeapMb ?? 8192 },
      (message) => this.#received(message),
      (error) => this.#died(error),
    );
    this.#thread = thread;
    this.#give(await documentsFor(this.#options.catalog, point));
    const { checkpoint, journal } = point;
    if (checkpoint !== undefined) {
      thread.post({ type: 'restore', meta: checkpoint.meta });
      for await (const data of this.#options.store.segments(checkpoint.oldestNeeded, checkpoint.id)) thread.post({ type: 'segment', data });
    }
    thread.post({ type: 'replay', entries: journal });
    this.#journalSequence = journal.at(-1)?.sequence ?? checkpoint?.journalSequence ?? 0;
    this.#nextCheckpoint = Math.max(this.#nextCheckpoint, (checkpoint?.id ?? 0) + 1);
    this.#watchdog = new WatchdogTimer(thread, this.#options.watchdog, (error) => this.#died(error));
    const positions = (await this.#call({ name: 'start' })) as Record<string, number>;
    await this.#refreshStats();
    this.#startFeeds(positions);
    void this.#verifyReplay(point).catch(() => {});
  }

  /** Replay must give every alert again that the checkpoint does not cover; one that it does not is a ghost. */
  async #verifyReplay(point: RecoveryPoint): Promise<void> {
    this.#uncovered = new Set(point.uncoveredAlerts);
    if (this.#uncovered.size === 0) return;
    const thread = this.#thread;
    await this.#recovered();
    for (const stream of new Set(this.#stats.streams.map((each) => each.stream))) await this.#workedOffToEnd(stream);
    await this.#committer.flushed();
    if (thread !== this.#thread || this.#uncovered.size === 0) return;
    this.#counts.ghostAlerts += this.#uncovered.size;
    this.#options.onLog('error', `${this.#uncovered.size} alerts of before the crash were not produced again`, {
      ids: [...this.#uncovered].slice(0, 10),
    });
  }

  /** The catalog's desired state becomes the actual one, through the journal only. */
  async #settleDesired(): Promise<void> {
    await this.#recovered();
    await reconcile(this.#options.catalog, await this.#refreshStats(), this);
    this.#setStatus('running', null);
  }

  /** Until the journal has been worked off nothing may be decided. */
  /** Events accepted before now come before what is asserted now; and recovery has nothing left to apply. */
  async #workedOffToEnd(stream: string): Promise<void> {
    const ends = [...this.#feeds.values()]
      .filter((feed) => feed.reader.stream === stream)
      .map((feed) => ({ partition: feed.partition, end: feed.reader.endOffset(feed.partition) }));
    const behind = (): boolean => ends.some(({ partition, end }) => (this.#feeds.get(`${stream}/${partition}`)?.workedOff ?? 0) < end);
    while (this.#restarting !== undefined || this.#stats.recovering || behind()) await delay(POLL_MS);
  }

  async #recovered(): Promise<void> {
    while ((await this.#refreshStats()).recovering) {
      // A stream whose creation is in the journal begins to be read when its entry has been applied.
      this.#startFeeds({});
      await delay(POLL_MS);
    }
    this.#startFeeds({});
  }

  async #refreshStats(): Promise<EngineStats> {
    this.#stats = (await this.#call({ name: 'stats' })) as EngineStats;
    return this.#stats;
  }

  #startFeeds(positions: Record<string, number>): void {
    for (const { stream, partition, nextOffset } of this.#stats.streams) {
      const name = `${stream}/${partition}`;
      if (this.#feeds.has(name)) continue;
      const reader = this.#options.log.reader(stream);
      const held = (): boolean => this.#ahead.has(name) || this.#committer.pending > MAX_PENDING;
      const feed = new PartitionFeed(
        reader,
        partition,
        positions[name] ?? nextOffset,
        (batch) => this.#send(batch),
        held,
        (error) => this.#stalled(error),
      );
      this.#feeds.set(name, feed);
      this.#unsubscribe.push(reader.onAppend(() => this.#appended(stream, feed)));
      this.#silence.restart(stream);
      feed.start();
    }
  }

  #appended(stream: string, feed: PartitionFeed): void {
    this.#silence.restart(stream);
    feed.wake();
  }

  #send(batch: SourceBatch): void {
    this.#thread.post({ type: 'batch', batch }, [batch.data.buffer as ArrayBuffer]);
  }

  #received(message: FromEngine): void {
    switch (message.type) {
      case 'outputs':
        return this.#committer.add(message.outputs);
      case 'progress': {
        this.#ahead = new Set(message.ahead);
        this.#feeds.get(`${message.stream}/${message.partition}`)?.worked(message.through, message.bytes);
        this.#options.log.workedOff(message.stream, message.partition, message.through);
        for (const feed of this.#feeds.values()) feed.wake();
        return;
      }
      case 'reply':
        return this.#thread.reply(message);
      case 'ruleStopped':
        this.#options.onLog('error', `rule ${message.rule} was stopped by ${message.reason}`, message);
        return void this.#options
          .onRuleStopped(message.rule, message.reason)
          .catch((error: Error) => this.#options.onLog('error', error.message));
      case 'name':
        return;
    }
  }

  async #call(call: Parameters<EngineThread['call']>[0]): Promise<Reply> {
    return this.#thread.call(call);
  }

  async #decide(payload: JournalPayload): Promise<RuleChangeResult> {
    await this.#restarting;
    await this.#recovered();
    const result = (await this.#call({ name: 'decide', payload })) as RuleChangeResult;
    await this.#committer.flushed();
    void this.#refreshStats();
    return result;
  }

  #give(documents: readonly Document[]): void {
    this.#thread.post({ type: 'documents', documents });
  }

  // committing

  #committed(rows: readonly OutboxRow[], outputs: readonly Output[]): void {
    for (const output of outputs) {
      if (output.type === 'journal') this.#journalSequence = output.entry.sequence;
      if (output.type === 'deadLetter') this.#counts.deadLetters++;
      if (output.type === 'alert') this.#uncovered.delete(output.alert.id);
    }
    if (rows.length > 0) for (const listener of this.#listeners) listener(rows);
    for (const feed of this.#feeds.values()) feed.wake();
  }

  async #checkpoint(): Promise<void> {
    const mark = JSON.stringify([[...this.#feeds].map(([name, feed]) => [name, feed.workedOff]), this.#journalSequence]);
    if (this.#checkpointing || this.#restarting !== undefined || this.#stats.recovering || mark === this.#checkpointMark) return;
    this.#checkpointing = true;
    try {
      await this.#call({ name: 'checkpoint', checkpoint: this.#nextCheckpoint++, kind: 'checkpoint' });
      await this.#committer.flushed();
      this.#checkpointMark = mark;
    } catch (error) {
      this.#checkpoints.failed++;
      throw error;
    } finally {
      this.#checkpointing = false;
    }
  }

  #checkpointed(checkpoint: { id: number; pauseMs: number }, bytes: number, durationMs: number): void {
    const { completed, failed } = this.#checkpoints;
    this.#checkpoints = {
      completed: completed + 1,
      failed,
      lastId: checkpoint.id,
      lastBytes: bytes,
      lastPauseMs: checkpoint.pauseMs,
      lastDurationMs: durationMs,
      lastAt: Date.now(),
    };
    if ((completed + 1) % CLEAN_EVERY !== 0) return;
    this.#options.store.clean().catch((error: Error) => this.#options.onLog('warn', `cleaning old checkpoints failed: ${error.message}`));
  }

  // time and faults

  async #tick(): Promise<void> {
    if (this.#restarting !== undefined) return;
    try {
      if (this.#status.state === 'recovering') {
        await this.#recovered();
        this.#setStatus('running', null);
      }
      const streams = new Set([...this.#feeds.values()].map((feed) => feed.reader.stream));
      const quiet = [...streams].map((stream) =>
        this.#silence.read(
          stream,
          [...this.#feeds.values()].filter((feed) => feed.reader.stream === stream),
        ),
      );
      if (this.#status.state === 'running') this.#thread.post({ type: 'quiet', quiet });
      await this.#refreshStats();
    } catch {
      // The thread died meanwhile; bringing it up again is under way.
    }
  }

  #stalled(error: Error | undefined): void {
    if (error === undefined) {
      for (const feed of this.#feeds.values()) this.#silence.restart(feed.reader.stream);
      if (this.#status.state === 'stalled') this.#setStatus('running', null);
      return;
    }
    if (this.#status.state === 'running') {
      this.#options.onLog('error', `the database does not take or give data: ${error.message}`);
      this.#setStatus('stalled', error.message);
    }
  }

  /** The thread ended, or does not answer: restore it from the last checkpoint. */
  #died(error: Error): void {
    if (this.#status.state === 'stopping' || this.#status.state === 'stopped') return;
    if (this.#restarting === undefined) {
      this.#bringUp(error).catch((failure: Error) => this.#options.onFatal(failure));
      return;
    }
    // While it is being started: the open calls fail, and bringing up begins again.
    this.#diedAgain = error;
    void this.#thread.terminate();
  }

  #bringUp(death: Error | undefined): Promise<void> {
    this.#restarting = this.#startUntilAlive(death).finally(() => (this.#restarting = undefined));
    return this.#restarting;
  }

  async #startUntilAlive(death: Error | undefined): Promise<void> {
    for (let error = death; ; error = this.#diedAgain) {
      this.#diedAgain = undefined;
      if (error !== undefined) await this.#clearAway(error);
      try {
        await this.#startEngine();
        if (this.#diedAgain === undefined) return;
      } catch (failure) {
        if (this.#diedAgain !== undefined) continue;
        // At the process's start a database that does not answer is the operator's to mend; later it is waited for.
        if (death === undefined) throw failure;
        this.#diedAgain = failure as Error;
        await delay(RESTART_PAUSE_MS);
      }
    }
  }

  /** What is left of a dead thread goes; the third time the same rule and event did it, the rule is to be stopped there. */
  async #clearAway(error: Error): Promise<void> {
    const implicated = this.#thread.implicated();
    this.#options.onLog('error', `the engine is restarted: ${error.message}`, { implicated });
    this.#counts.restarts++;
    this.#watchdog?.stop();
    for (const feed of this.#feeds.values()) feed.stop();
    this.#unsubscribe.splice(0).forEach((unsubscribe) => unsubscribe());
    this.#feeds.clear();
    this.#ahead.clear();
    await this.#thread.terminate();
    await this.#committer.flushed();
    if (implicated !== undefined && this.#implications.add(implicated)) {
      const payload = poisonOf(implicated);
      this.#committer.add([{ type: 'journal', entry: { sequence: this.#journalSequence + 1, positions: {}, payload } }]);
      await this.#committer.flushed();
    }
    this.#implications.guardAgainstLoops();
  }

  #setStatus(state: JobStatus['state'], reason: string | null): void {
    this.#status = { state, reason, since: Date.now() };
  }

  #streamStatus(): StreamStatus[] {
    return this.#stats.streams.map((stream) => ({
      ...stream,
      endOffset: this.#feeds.get(`${stream.stream}/${stream.partition}`)?.reader.endOffset(stream.partition) ?? stream.nextOffset,
    }));
  }
}

function poisonOf(implicated: Implicated): JournalPayload {
  if ('deadline' in implicated) return { kind: 'poison-deadline', rule: implicated.rule, time: implicated.deadline };
  const { rule, ...event } = implicated;
  return { kind: 'poison', rule, event };
}
