import 'reflect-metadata';
import { argv, env, exit, stderr } from 'node:process';
import { pathToFileURL } from 'node:url';
import { type Logger, pino } from 'pino';
import { hint } from './service/hint.js';
import { Service } from './service/service.js';
import { readSettings, type Settings, SettingsError } from './service/settings/settings.js';

/** Stopping takes no longer than this, whatever hangs, ms. */
const STOP_LIMIT_MS = 9_500;

/**
 * `tripline serve`: runs the service until SIGTERM or SIGINT, then ends the process with 0; with 1 when it cannot
 * start or cannot go on. JSON lines on standard output, the hint for newcomers on standard error.
 */
export async function serve(environment: Readonly<Record<string, string | undefined>> = env): Promise<void> {
  const settings = settingsOrExit(environment);
  const log = pino({ level: settings.logLevel, base: { service: 'tripline' }, timestamp: pino.stdTimeFunctions.isoTime });
  const running = new Running(log);
  process.on('SIGTERM', () => void running.stop('SIGTERM'));
  process.on('SIGINT', () => void running.stop('SIGINT'));
  // Without files to read again a hang-up ends the process, as it always does.
  if (settings.rulesDir !== undefined) process.on('SIGHUP', () => running.reload());
  process.on('uncaughtException', (error) => running.fail(error));
  process.on('unhandledRejection', (reason) => running.fail(reason));
  if (settings.auth === 'off') log.warn('TRIPLINE_AUTH=off: everybody who reaches the port may do everything');
  try {
    running.service = await Service.start(settings, log, (error) => running.fail(error));
  } catch (error) {
    return running.fail(error);
  }
  if (running.stopping) return void running.stop('a signal during the start');
  if (running.reloadWanted) running.reload();
  log.info({ url: running.service.url }, 'ready');
  stderr.write(hint(running.service.url));
}

function settingsOrExit(environment: Readonly<Record<string, string | undefined>>): Settings {
  try {
    return readSettings(environment);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    stderr.write(`tripline: ${error.message}\n`);
    exit(1);
  }
}

/** The life of the process: starting, running, stopping, ended. */
class Running {
  service: Service | undefined;
  stopping = false;
  /** A SIGHUP came during the start. */
  reloadWanted = false;
  #ending = false;

  constructor(private readonly log: Logger) {}

  /** Ends with 0 once everything is closed; a signal during the start waits for its end. */
  async stop(why: string): Promise<void> {
    if (!this.stopping) {
      this.log.info(`stopping: ${why}`);
      setTimeout(() => this.fail(new Error(`stopping took longer than ${STOP_LIMIT_MS} ms`)), STOP_LIMIT_MS).unref();
    }
    this.stopping = true;
    if (this.service === undefined || this.#ending) return;
    this.#ending = true;
    await this.service.stop();
    this.log.info('stopped');
    this.#exit(0);
  }

  /** Reads the files of rules and streams again, once the service has started. */
  reload(): void {
    this.log.info('reading the rule files again');
    if (this.service === undefined) this.reloadWanted = true;
    else if (!this.stopping) void this.service.reload();
  }

  /** What is durable is complete: the next start recovers, so there is nothing to save here. */
  fail(reason: unknown): void {
    const error = reason instanceof Error ? reason : new Error(String(reason));
    this.log.fatal({ err: error }, `the service ends: ${error.message}`);
    stderr.write(`tripline: ${error.message}\n`);
    this.#exit(1);
  }

  #exit(code: number): void {
    this.log.flush();
    exit(code);
  }
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) await serve();
