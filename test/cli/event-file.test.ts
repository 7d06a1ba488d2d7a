import { memberBytes } from '../../src/cli/event-file.js';

describe('the bytes of a member', () => {
  it.each([
    ['{"event":{"a":1}}', '{"a":1}'],
    ['{ "event" : {"a":[1,{"event":2}], "b":"},\\"event\\":" } , "x":1}', '{"a":[1,{"event":2}], "b":"},\\"event\\":" }'],
    ['{"x":{"event":1},"y":["event",{"event":2}],"event":9007199254740993.10}', '9007199254740993.10'],
    ['{"x":"event","event":true}', 'true'],
    ['{"event":1,"event":2}', '2'],
    ['{"\\u0065vent":3}', '3'],
    ['{"a":1}', undefined],
    ['{"a:event":"event"}', undefined],
    ['{}', undefined],
  ])('%s', (json, ...[expected]: (string | undefined)[]) => {
    const found = memberBytes(Buffer.from(json), 'event')?.toString('utf8').trim();
    if (typeof expected === 'string') expect(found).toBe(expected);
    else expect(found).toBeUndefined();
  });
});
