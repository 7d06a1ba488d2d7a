import { frameRecords } from '../../src/runtime/log/frame.js';
import type { JournalPayload } from '../../src/runtime/ports/outputs.js';
import { NOTE_BYTES } from '../../src/runtime/task/evaluation-note.js';
import { EngineHost } from '../../src/runtime/worker/engine-host.js';
import type { Call, FromEngine } from '../../src/runtime/worker/protocol.js';

const KEYS = 9_000;
const STREAM = { name: 'payments', time: { field: 'ts', format: 'epochMillis' } };
const RULE = {
  id: 'pair',
  from: 'payments',
  key: 'card',
  pattern: [
    { begin: 'small', where: 'amount < 1' },
    { followedBy: 'large', where: 'amount > 500' },
  ],
  within: '1d',
};

function startHost() {
  const said: FromEngine[] = [];
  const host = new EngineHost(
    {
      note: new SharedArrayBuffer(NOTE_BYTES),
      maxAhead: Infinity,
      eventLimits: { maxEventBytes: 2 ** 20, maxEventNesting: 64, farFutureMs: Infinity },
    },
    (message) => said.push(message),
  );
  let calls = 0;
  const call = (named: Call): void => host.handle({ type: 'call', id: ++calls, call: named });
  const decide = (payload: JournalPayload): void => call({ name: 'decide', payload });
  host.handle({
    type: 'documents',
    documents: [
      { kind: 'stream', id: 'payments', version: 1, document: STREAM },
      { kind: 'rule', id: 'pair', version: 1, document: RULE },
    ],
  });
  decide({ kind: 'stream-changed', stream: 'payments', version: 1, starts: {} });
  decide({ kind: 'rule-activated', rule: 'pair', version: 1, status: 'active' });
  let offset = 0;
  const send = (count: number): void => {
    const filler = 'x'.repeat(4_000);
    const records = Array.from({ length: count }, (_, i) => {
      const time = 1_700_000_000_000 + offset + i;
      return { time, raw: Buffer.from(JSON.stringify({ card: `card-${offset + i}`, ts: time, amount: 0.5, filler })) };
    });
    const batch = { stream: 'payments', partition: 0, firstOffset: offset, count, arrivalTime: 0, data: frameRecords(records) };
    offset += count;
    host.handle({ type: 'batch', batch });
  };
  return { host, said, call, send };
}

/** Lets what waits for its turn have it, until nothing is left to do. */
async function untilQuiet(said: readonly unknown[]): Promise<void> {
  for (let before = -1, quiet = 0; quiet < 50; quiet = said.length === before ? quiet + 1 : 0) {
    before = said.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it('a checkpoint waits for the database with at most a few segments made, and events go on meanwhile', async () => {
  const { host, said, call, send } = startHost();
  send(KEYS);
  call({ name: 'checkpoint', checkpoint: 1, kind: 'checkpoint' });
  const parts = () => said.flatMap((message) => (message.type === 'segments' ? [message.part] : []));
  const made = (): number => parts().reduce((sum, { segments }) => sum + segments.length, 0);
  const written = () =>
    said.flatMap((message) => (message.type === 'outputs' ? message.outputs : [])).find((output) => output.type === 'checkpoint');
  await untilQuiet(said);
  expect([made(), written()]).toEqual([4, undefined]);
  send(10);
  expect(said.at(-1)).toMatchObject({ type: 'progress', through: KEYS + 10 });
  while (written() === undefined) {
    host.handle({ type: 'segmentsStored', checkpoint: 1, segments: made() });
    const before = made();
    await untilQuiet(said);
    expect(made() - before).toBeLessThanOrEqual(4);
  }
  expect(parts().map(({ firstSegment }) => firstSegment)).toEqual(Array.from({ length: made() }, (_, i) => i));
  expect(made()).toBeGreaterThan(6);
  expect(written()).toMatchObject({ checkpoint: { id: 1, firstSegment: made() } });
});
