import { TaskHarness } from '../support/task-harness.js';

const STREAM = { name: 's', time: { field: 'ts', format: 'epochMillis' } };
const RULE = { id: 'r', from: 's', pattern: [{ begin: 'a', where: 'v > 0' }] };
const at = (ts: number, arrivalTime: number) => ({ time: ts, arrivalTime, value: { v: 1, ts } });

it('an event too far after its own arrival is a dead letter and moves nothing, in recovery too', () => {
  const harness = new TaskHarness([STREAM], [RULE], { farFuture: 1_000 });
  for (const record of [at(10, 0), at(1_001, 0), at(20, 0), at(1_500, 500)]) harness.send('s', 0, [record]);
  harness.close();
  expect([harness.alerts.size, [...harness.deadLetters]]).toEqual([3, ['s/0/1/far-future']]);
  harness.alerts.clear();
  harness.crash(1);
  expect([harness.alerts.size, [...harness.deadLetters]]).toEqual([3, ['s/0/1/far-future']]);
});
