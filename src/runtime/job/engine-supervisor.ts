import { setTimeout as delay } from 'node:timers/promises';
import type { EventLimits } from '../../engine/rule/decode-event.js';
import type { Call, FromEngine, Reply, ToEngine } from '../worker/protocol.js';
import { EngineThread, type Implicated } from './engine-thread.js';
import { Implications, WatchdogTimer } from './watchdog.js';

/** Between tries to recover while the database is away. */
const RETRY_PAUSE_MS = 1_000;

export interface SupervisorOptions {
  /** ms without a heartbeat after which an evaluation counts as endless. */
  readonly watchdog: number;
  /** ms of event time a partition may be ahead of the others. */
  readonly maxAhead: number;
  readonly eventLimits: EventLimits;
  readonly maxHeapMb: number;
}

/** The job as its supervisor sees it. */
export interface Supervised {
  received(message: FromEngine): void;
  /** The thread is lost: nothing more may be sent to it. */
  suspend(): void;
  /** A fresh thread waits: brings it to where work goes on. */
  recover(): Promise<void>;
  /** The same evaluation killed the thread again and again: resolves when it is journaled that the rule stops there. */
  poison(implicated: Implicated): Promise<void>;
  restarting(error: Error, implicated: Implicated | undefined): void;
  /** The thread is well, but what it needs could not be read: it is tried again. */
  recoveryFailed(error: Error): void;
  /** The engine cannot be restarted. */
  fatal(error: Error): void;
}

/** Keeps an engine thread alive: one that dies or falls silent is replaced, and the job recovers. */
export class EngineSupervisor {
  readonly #implications = new Implications();
  #thread!: EngineThread;
  #watchdog: WatchdogTimer | undefined;
  #bringingUp: Promise<void> | undefined;
  /** Why the thread died that is being brought up. */
  #diedAgain: Error | undefined;
  #ending = false;
  #restarts = 0;

  constructor(
    readonly options: SupervisorOptions,
    readonly job: Supervised,
  ) {}

  /** While a thread is brought up: resolves when it works. */
  get restarting(): Promise<void> | undefined {
    return this.#bringingUp;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** The thread of now: another object after a restart. */
  get thread(): EngineThread {
    return this.#thread;
  }

  /** Rejects when the engine cannot be brought up at all. */
  start(): Promise<void> {
    return this.#bringUp(undefined);
  }

  /** From now on a thread that dies stays dead. */
  expectEnd(): void {
    this.#ending = true;
  }

  async stop(): Promise<void> {
    this.#ending = true;
    this.#watchdog?.stop();
    await this.#thread.terminate();
  }

  post(message: ToEngine, transfer: ArrayBuffer[] = []): void {
    this.#thread.post(message, transfer);
  }

  call(call: Call): Promise<Reply> {
    return this.#thread.call(call);
  }

  #died(error: Error): void {
    if (this.#ending) return void this.#thread.terminate();
    if (this.#bringingUp === undefined) {
      this.#bringUp(error).catch((failure: Error) => this.job.fatal(failure));
      return;
    }
    // While it is being started: the open calls fail, and bringing up begins again.
    this.#diedAgain = error;
    void this.#thread.terminate();
  }

  #bringUp(death: Error | undefined): Promise<void> {
    this.#bringingUp = this.#startUntilAlive(death).finally(() => (this.#bringingUp = undefined));
    return this.#bringingUp;
  }

  async #startUntilAlive(death: Error | undefined): Promise<void> {
    for (let error = death; ; error = this.#diedAgain) {
      if (error !== undefined) await this.#clearAway(error);
      this.#diedAgain = undefined;
      try {
        this.#startThread();
        await this.job.recover();
        if (this.#diedAgain === undefined) return;
      } catch (failure) {
        if (this.#diedAgain !== undefined) continue;
        // At the process's start a database that does not answer is the operator's to mend; later it is waited for.
        if (death === undefined) throw failure;
        this.job.recoveryFailed(failure as Error);
        await this.#dropThread();
        await delay(RETRY_PAUSE_MS);
      }
    }
  }

  #startThread(): void {
    this.#thread = new EngineThread(
      this.options,
      (message) => this.#received(message),
      (error) => this.#died(error),
    );
    this.#watchdog = new WatchdogTimer(this.#thread, this.options.watchdog, (error) => this.#died(error));
  }

  #received(message: FromEngine): void {
    if (message.type === 'reply') this.#thread.reply(message);
    else this.job.received(message);
  }

  /** What is left of a dead thread goes; the third time the same rule and event did it, the rule is to be stopped there. */
  async #clearAway(error: Error): Promise<void> {
    const implicated = this.#thread.implicated();
    this.job.restarting(error, implicated);
    this.#restarts++;
    await this.#dropThread();
    if (implicated !== undefined && this.#implications.add(implicated)) await this.job.poison(implicated);
    this.#implications.guardAgainstLoops();
  }

  async #dropThread(): Promise<void> {
    this.#watchdog?.stop();
    this.job.suspend();
    await this.#thread.terminate();
  }
}
