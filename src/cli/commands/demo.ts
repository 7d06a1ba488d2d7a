import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type DemoEvent, type DemoRule, loadDemo, PREFIX } from '../demo/demo-rules.js';
import { ServiceClient } from '../demo/service-client.js';
import { EXIT, type Terminal, UsageError } from '../terminal.js';

export interface DemoOptions {
  readonly url: string;
  readonly apiKey?: string;
  /** How long the playing takes, seconds. */
  readonly duration: string;
  readonly keep?: boolean;
}

const TICK_MS = 250;
/** How long to wait for alerts when all events are in. */
const ALERTS_LIMIT_MS = 60_000;

/**
 * Plays the ready rules' events into a running service and writes its alerts as they come. Every rule has streams of
 * its own; what earlier demos left is removed before, and what this one made after. Done when as many alerts have
 * come as the rules give without a service. @throws UsageError when the service does not answer or refuses
 */
export async function demo(options: DemoOptions, terminal: Terminal): Promise<number> {
  const duration = readDuration(options.duration);
  const client = new ServiceClient(options.url, options.apiKey);
  const rules = await loadDemo(Date.now().toString(36), terminal);
  await remove(client, rules);
  const stop = new AbortController();
  const interrupted = (): void => stop.abort();
  process.once('SIGINT', interrupted);
  try {
    return await play(client, rules, duration, stop, terminal);
  } finally {
    process.off('SIGINT', interrupted);
    if (options.keep !== true) await remove(client, rules);
  }
}

function readDuration(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds <= 3_600) return seconds * 1_000;
  throw new UsageError(`--duration is seconds from 0 to 3600, found ${text}`);
}

async function remove(client: ServiceClient, rules: readonly DemoRule[]): Promise<void> {
  for (const { id } of rules) await client.delete(`/v1/rules/${id}`);
  for (const name of await client.streamNames()) if (name.startsWith(PREFIX)) await client.delete(`/v1/streams/${name}`);
}

async function play(
  client: ServiceClient,
  rules: readonly DemoRule[],
  duration: number,
  stop: AbortController,
  terminal: Terminal,
): Promise<number> {
  for (const { document, streams } of rules) {
    for (const stream of streams) await client.json('PUT', `/v1/streams/${stream.name}`, stream);
    await client.json('POST', '/v1/rules', document);
  }
  const counted = new AbortController();
  const expected = rules.reduce((sum, { alerts }) => sum + alerts, 0);
  const ids = new Set(rules.map(({ id }) => id));
  let found = 0;
  const stream = await client.alerts(AbortSignal.any([stop.signal, counted.signal]));
  const reading = stream.each(({ rule, severity, title }) => {
    if (!ids.has(rule)) return;
    terminal.stdout.write(`${severity.padEnd(8)} ${rule.slice(PREFIX.length).padEnd(29)} ${title}\n`);
    if (++found === expected) counted.abort();
  });
  const events = rules.flatMap((rule) => rule.events);
  terminal.stderr.write(`${rules.length} rules, ${events.length} events in ${duration / 1_000} s\n`);
  await send(client, events, duration, stop.signal);
  // At the same time: of a rule's streams one may be held back until the other's time goes on.
  const ends = rules.flatMap(({ streams, end }) => streams.map(({ name }) => ({ name, end })));
  await Promise.all(ends.map(({ name, end }) => client.json('POST', `/v1/streams/${name}/watermark`, { time: end })));
  const limit = setTimeout(() => counted.abort(), ALERTS_LIMIT_MS);
  if (!counted.signal.aborted && !stop.signal.aborted) await Promise.race([once(counted.signal, 'abort'), once(stop.signal, 'abort')]);
  clearTimeout(limit);
  await reading;
  terminal.stderr.write(`${found} of ${expected} alerts\n`);
  return found === expected ? EXIT.ok : EXIT.problems;
}

/** Sends every event when its share of the duration has passed. */
async function send(client: ServiceClient, events: readonly DemoEvent[], duration: number, stop: AbortSignal): Promise<void> {
  const waiting = [...events].sort((a, b) => a.share - b.share);
  const start = Date.now();
  while (waiting.length > 0 && !stop.aborted) {
    const share = duration === 0 ? 1 : (Date.now() - start) / duration;
    const later = waiting.findIndex((event) => event.share > share);
    const due = waiting.splice(0, later < 0 ? waiting.length : later);
    const streams = [...new Set(due.map(({ stream }) => stream))];
    await Promise.all(
      streams.map((name) =>
        client.sendEvents(
          name,
          due.filter(({ stream }) => stream === name),
        ),
      ),
    );
    if (waiting.length > 0) await delay(TICK_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}
