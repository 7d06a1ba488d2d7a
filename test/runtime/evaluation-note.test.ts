import { NOTE_BYTES, readNote } from '../../src/runtime/task/evaluation-note.js';
import { EngineHost } from '../../src/runtime/worker/engine-host.js';
import type { Document } from '../../src/runtime/worker/protocol.js';
import { TaskHarness } from '../support/task-harness.js';

const STREAM = { name: 's', idleAfter: 'never', quietAfter: 'never' };
const absence = (id: string) => ({
  id,
  from: 's',
  key: 'k',
  pattern: [
    { begin: 'x', where: 'v == 1' },
    { notFollowedBy: 'y', where: 'v == 2' },
  ],
  within: '1s',
});
const single = (id: string) => ({ id, from: 's', key: 'k', pattern: [{ begin: 'x', where: 'v == 3' }] });

it('says whose work an alert is, at an event and at a deadline that several rules and keys have', () => {
  const harness = new TaskHarness(
    [STREAM],
    ['one', 'two', 'three'].flatMap((id) => [absence(id), single(`${id}-event`)]),
  );
  harness.send(
    's',
    0,
    [1, 2].map((k) => ({ time: 10, value: { k, v: 1 } })),
  );
  harness.send('s', 0, [{ time: 20, value: { k: 1, v: 3 } }]);
  harness.close();
  expect(harness.noted).toHaveLength(9);
  for (const { alertOf, rule, deadline } of harness.noted) expect([rule, deadline]).toEqual([alertOf, !alertOf.endsWith('-event')]);
});

it('beats for each document that is read and each rule that is compiled: many of them are no endless evaluation', () => {
  const note = new SharedArrayBuffer(NOTE_BYTES);
  const eventLimits = { maxEventBytes: 1_000, maxEventNesting: 16, farFutureMs: 1 };
  const host = new EngineHost({ note, maxAhead: 1, eventLimits }, () => {});
  const beats = (work: () => void): number => {
    const before = readNote(note).beat;
    work();
    return readNote(note).beat - before;
  };
  const documents = Array.from({ length: 20 }, (_, n): Document => {
    return { kind: 'rule', id: `r${n}`, version: 1, document: { ...single(`r${n}`) } };
  });
  expect(beats(() => host.handle({ type: 'documents', documents }))).toBeGreaterThanOrEqual(20);
  const entries = documents.map(({ id }, n) => {
    return { sequence: n + 1, positions: {}, payload: { kind: 'rule-activated', rule: id, version: 1, status: 'active' } as const };
  });
  host.handle({ type: 'replay', entries });
  expect(beats(() => host.handle({ type: 'call', id: 1, call: { name: 'start' } }))).toBeGreaterThanOrEqual(20);
});
