import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const START_LIMIT_MS = 60_000;

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** The built service as a process of its own, as users run it; it can be killed and started again. */
export class Service {
  #process: ChildProcess | undefined;
  output = '';

  private constructor(
    readonly port: number,
    readonly env: Record<string, string>,
  ) {}

  static async create(env: Record<string, string>): Promise<Service> {
    return new Service(await freePort(), env);
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  get running(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Resolves when the service is ready, or `answers` elsewhere; with a failpoint it may die before. */
  async start(extra: Record<string, string> = {}, answers = '/health/ready'): Promise<void> {
    const child = spawn(process.execPath, ['bin/tripline', 'serve'], {
      env: { PATH: process.env.PATH ?? '', PORT: String(this.port), ...this.env, ...extra },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    child.stdout?.on('data', (data: Buffer) => (this.output += data.toString()));
    child.stderr?.on('data', (data: Buffer) => (this.output += data.toString()));
    const limit = Date.now() + START_LIMIT_MS;
    while (this.running && Date.now() < limit) {
      const ready = await fetch(this.url(answers)).catch(() => undefined);
      if (ready?.ok) return;
      await delay(50);
    }
    if (this.running) throw new Error(`the service was not ready in time:\n${this.output.slice(-4000)}`);
  }

  async kill(): Promise<void> {
    if (!this.running) return;
    const gone = once(this.#process as ChildProcess, 'exit');
    this.#process?.kill('SIGKILL');
    await gone;
  }

  /** Ends it as an operator does; resolves with the exit code. */
  async stop(): Promise<number | null> {
    if (!this.running) return this.#process?.exitCode ?? null;
    const gone = once(this.#process as ChildProcess, 'exit');
    this.#process?.kill('SIGTERM');
    await gone;
    return this.#process?.exitCode ?? null;
  }
}
