/**
 * From HTTP to the alert, the whole service as one process with its embedded PostgreSQL and one keyed rule:
 * events/s until all are worked off, then p50 and p99 from sending an event to its alert on the stream of
 * server-sent events at a steady rate, and the service's memory.
 * Run: node dist/bench/http-to-alert.js [events=200000] [perSecond=2000] [seconds=10]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const [events = 200_000, perSecond = 2_000, seconds = 10] = process.argv.slice(2).map(Number);
const port = 20_000 + Math.floor(Math.random() * 20_000);
const dataDir = mkdtempSync(join(tmpdir(), 'tripline-bench-'));
const url = (path: string): string => `http://127.0.0.1:${port}${path}`;
const service = spawn(process.execPath, ['bin/tripline', 'serve'], {
  env: { PATH: process.env.PATH, PORT: String(port), TRIPLINE_DATA_DIR: dataDir },
  stdio: 'ignore',
});

async function call(method: string, path: string, body: string, type = 'application/json'): Promise<Response> {
  const response = await fetch(url(path), { method, body, headers: { 'content-type': type } });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response;
}

const post = (body: string): Promise<Response> => call('POST', '/v1/streams/payments/events', body, 'application/x-ndjson');
const rss = (): string => /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${service.pid}/status`, 'utf8'))?.[1] ?? '0';

async function throughput(): Promise<void> {
  const line = (i: number): string =>
    `{"id":"t${i}","ts":${1_700_000_000_000 + i},"card":"c${i % 10_000}","amount":${i % 600},"merchant":"m-${i % 977}","country":"DE","channel":"web","device":"d-${i % 5_000}"}`;
  const started = performance.now();
  for (let from = 0; from < events; from += 5_000) await post(Array.from({ length: 5_000 }, (_, i) => line(from + i)).join('\n'));
  const accepted = performance.now();
  await call('POST', '/v1/streams/payments/watermark', JSON.stringify({ time: 1_700_000_000_000 + events }));
  const done = performance.now();
  const rate = (end: number): string => Math.round((events / (end - started)) * 1000).toLocaleString('en');
  console.log(
    `${events} events: accepted at ${rate(accepted)}/s, worked off at ${rate(done)}/s, service ${Math.round(Number(rss()) / 1024)} MB`,
  );
}

async function latency(): Promise<void> {
  const sent = new Map<string, number>();
  const taken: number[] = [];
  const abort = new AbortController();
  const stream = await fetch(url('/v1/alerts/stream?rule=big'), { signal: abort.signal });
  const reading = (async () => {
    let text = '';
    for await (const chunk of stream.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      for (const [, id] of text.matchAll(/"id":"(l\d+)"[^\n]*\n\n/g)) taken.push(performance.now() - (sent.get(id) ?? Number.NaN));
      text = text.slice(text.lastIndexOf('\n\n') + 2);
    }
  })().catch(() => {});
  const base = Date.now();
  const batch = Math.max(1, Math.floor(perSecond / 50));
  for (let i = 0; i < perSecond * seconds; ) {
    const lines: string[] = [];
    for (let n = 0; n < batch; n++, i++) {
      lines.push(`{"id":"l${i}","ts":${base + i},"card":"c${i % 10_000}","amount":${i % 50 === 0 ? 9_999 : 1}}`);
      if (i % 50 === 0) sent.set(`l${i}`, performance.now());
    }
    void post(lines.join('\n'));
    await delay(20);
  }
  const limit = Date.now() + 10_000;
  while (taken.length < sent.size && Date.now() < limit) await delay(20);
  abort.abort();
  await reading;
  taken.sort((a, b) => a - b);
  const at = (share: number): string => (taken[Math.floor(taken.length * share)] ?? Number.NaN).toFixed(1);
  console.log(
    `${taken.length} of ${sent.size} alerts at ${perSecond} events/s: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, service ${Math.round(Number(rss()) / 1024)} MB`,
  );
}

try {
  while (!(await fetch(url('/health/ready')).catch(() => undefined))?.ok) await delay(50);
  await call('PUT', '/v1/streams/payments', JSON.stringify({ name: 'payments', id: 'id', time: { field: 'ts', format: 'epochMillis' } }));
  const pattern = [
    { begin: 'small', where: 'amount < 1', times: { min: 3 } },
    { followedBy: 'large', where: 'amount > 500' },
  ];
  await call(
    'POST',
    '/v1/rules',
    JSON.stringify({ id: 'card-testing', from: 'payments', key: 'card', pattern, within: '10m', skip: 'pastLast' }),
  );
  await throughput();
  await call(
    'POST',
    '/v1/rules',
    JSON.stringify({ id: 'big', from: 'payments', key: 'card', pattern: [{ begin: 'big', where: 'amount > 9000' }] }),
  );
  await latency();
} finally {
  service.kill('SIGTERM');
  await new Promise((resolve) => service.once('exit', resolve));
  rmSync(dataDir, { recursive: true, force: true });
}
