import { setTimeout as delay } from 'node:timers/promises';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { Service } from '../support/service.js';

const WAIT_LIMIT_MS = 20_000;

/** An alert as the API gives it, as far as these tests look. */
export interface AlertView {
  readonly id: string;
  readonly rule: string;
  readonly ruleVersion: number;
  readonly kind: string;
  readonly title: string;
  readonly key: unknown;
  readonly startTime: number;
  readonly endTime: number;
  readonly shadow: boolean;
  readonly steps: Record<string, Record<string, unknown>[]>;
  readonly window?: { readonly start: number; readonly end: number };
  readonly values?: Readonly<Record<string, number | null>>;
}

export interface DeadLetterView {
  readonly id: number;
  readonly stream: string;
  readonly offset: number;
  readonly code: string;
  readonly raw?: string;
  readonly rawBase64?: string;
}

export interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly errors?: readonly { code: string; pointer?: string; line?: number; column?: number }[];
}

export interface Reply<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: T;
}

/** Asks again until the answer is one to go on with; the limit ends a test that would wait for ever. */
export async function until<T>(ask: () => Promise<T>, done: (found: T) => boolean, limit = WAIT_LIMIT_MS): Promise<T> {
  const end = Date.now() + limit;
  for (;;) {
    const found = await ask();
    if (done(found)) return found;
    if (Date.now() > end) throw new Error(`waited in vain; the last answer was ${JSON.stringify(found)?.slice(0, 2_000)}`);
    await delay(20);
  }
}

/** The built service on a database of its own, asked over HTTP as its users do. */
export class Rig {
  private constructor(
    readonly service: Service,
    private readonly postgres?: TestPostgres,
  ) {}

  /** Asks a service that its caller starts and stops. */
  static of(service: Service): Rig {
    return new Rig(service);
  }

  static async start(env: Record<string, string> = {}): Promise<Rig> {
    const postgres = await startTestPostgres();
    const service = await Service.create({ DATABASE_URL: await postgres.createDatabase(), ...env });
    await service.start();
    return new Rig(service, postgres);
  }

  async stop(): Promise<void> {
    await this.service.kill();
    await this.postgres?.stop();
  }

  async ask<T>(method: string, path: string, body?: RequestInit['body'], headers: Record<string, string> = {}): Promise<Reply<T>> {
    const response = await fetch(this.service.url(path), { method, body, headers });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed(text) as T };
  }

  json<T>(method: string, path: string, body?: unknown): Promise<Reply<T>> {
    return this.ask(method, path, body === undefined ? undefined : JSON.stringify(body), { 'content-type': 'application/json' });
  }

  /** Puts a stream or rule that must be taken. */
  async put(path: string, document: unknown): Promise<void> {
    const { status, text } = await this.json('PUT', path, document);
    if (status >= 300) throw new Error(`${path}: ${status} ${text}`);
  }

  /** Lines as they are; a line that is no text or bytes is written as JSON. */
  async send(stream: string, lines: readonly unknown[], headers: Record<string, string> = {}) {
    const bytes = lines.flatMap((line) => [bytesOf(line), Buffer.from('\n')]);
    return this.ask<{ accepted: number; rejected: { line: number; code: string }[] }>(
      'POST',
      `/v1/streams/${stream}/events`,
      new Uint8Array(Buffer.concat(bytes)),
      { 'content-type': 'application/x-ndjson', ...headers },
    );
  }

  async alerts(query: string): Promise<AlertView[]> {
    return (await this.ask<Page<AlertView>>('GET', `/v1/alerts?limit=200&${query}`)).body.items;
  }

  /** A rule's alerts, oldest first, once there are that many. */
  async alertsOf(rule: string, count: number, limit?: number): Promise<AlertView[]> {
    const found = await until(
      () => this.alerts(`rule=${rule}`),
      (items) => items.length >= count,
      limit,
    );
    return found.reverse();
  }

  async deadLetters(query: string): Promise<DeadLetterView[]> {
    return (await this.ask<Page<DeadLetterView>>('GET', `/v1/dead-letters?limit=200&${query}`)).body.items;
  }

  /** The engine's restarts, from the job that the readiness shows. */
  async restarts(): Promise<number> {
    return (await this.ask<{ job: { restarts: number } }>('GET', '/health/ready')).body.job.restarts;
  }
}

function bytesOf(line: unknown): Buffer {
  if (Buffer.isBuffer(line)) return line;
  return Buffer.from(typeof line === 'string' ? line : JSON.stringify(line));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * A condition that is true for a list of numbers, and takes tenths of a second for NUMBERS. One evaluation is bounded, so
 * what is to run away must be many of them: `more` makes it another one for each open match, or each field.
 */
export function heavy(list: string, more: string): string {
  return `${list}.all(a, ${list}.all(b, a + b + ${more} >= 0.0))`;
}

export const NUMBERS: readonly number[] = Array.from({ length: 4_000 }, (_, index) => index);
