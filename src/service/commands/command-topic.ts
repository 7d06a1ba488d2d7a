import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { kafkaConfig } from '../../connectors/kafka/connection.js';
import type { Settings } from '../settings/settings.js';
import { kafkaSettings } from '../sources.js';
import { LOGGER, SETTINGS } from '../tokens.js';
import { CommandServer } from './command-server.js';

/** Between two tries to reach the topic, ms. */
const RETRY_MS = 2_000;
const GROUP = 'tripline-commands';

export interface CommandTopicHealth {
  readonly topic: string;
  readonly state: 'connecting' | 'connected' | 'unreachable';
  readonly reason: string | null;
  /** Epoch ms. */
  readonly since: number;
}

/** Keeps the command topic read for as long as the service runs, whatever the brokers do. */
@Injectable()
export class CommandTopic {
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #health: CommandTopicHealth | null = null;

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Fires when the service stops. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  /** Null without a command topic. */
  health(): CommandTopicHealth | null {
    return this.#health;
  }

  /** Begins to read, if there is a topic; does not wait for the brokers. */
  start(app: NestFastifyApplication): void {
    const { commandTopic: topic, replyTopic = `${topic}.reply` } = this.settings;
    const kafka = kafkaSettings(this.settings);
    if (topic === undefined || kafka === undefined || this.stopping.aborted) return;
    const server = new CommandServer({
      client: kafkaConfig(kafka, GROUP),
      topic,
      replyTopic,
      onLostReply: (id, error) => this.log.error({ err: error, command: id }, `the reply to a command could not be sent to ${replyTopic}`),
    });
    app.connectMicroservice({ strategy: server });
    this.#running = this.#run(server, topic);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(server: CommandServer, topic: string): Promise<void> {
    const gone = new Promise<void>((resolve) => this.stopping.addEventListener('abort', () => resolve()));
    while (!this.stopping.aborted) {
      try {
        this.#is(topic, 'connecting');
        const crashed = crashOf(server);
        await new Promise<void>((resolve, reject) => void server.listen((error) => (error === undefined ? resolve() : reject(error))));
        this.#is(topic, 'connected');
        await Promise.race([crashed, gone]);
        if (!this.stopping.aborted) throw new Error('the connection was lost');
      } catch (error) {
        this.#is(topic, 'unreachable', (error as Error).message);
      }
      await server.close().catch(() => {});
      await delay(RETRY_MS, undefined, { signal: this.stopping }).catch(() => {});
    }
  }

  #is(topic: string, state: CommandTopicHealth['state'], reason: string | null = null): void {
    // While it cannot be reached each try is no news.
    if (state === 'connecting' && this.#health !== null) return;
    if (this.#health?.state === state && this.#health.reason === reason) return;
    this.#health = { topic, state, reason, since: Date.now() };
    this.log[state === 'unreachable' ? 'warn' : 'info']({ topic, reason }, `the command topic is ${state}`);
  }
}

function crashOf(server: CommandServer): Promise<void> {
  return new Promise((resolve) => {
    const watch = server.status.subscribe((status) => {
      if (String(status) !== 'crashed') return;
      watch.unsubscribe();
      resolve();
    });
  });
}
