import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StreamExecutionEnvironment, WebhookSink } from 'tripline';

/** Answers with the given status codes, then 200; gives the bodies that came. */
async function target(...answers: number[]) {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    bodies.push(`${request.headers['x-n'] ?? ''} ${body}`);
    response.writeHead(answers.shift() ?? 200).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, bodies, close: () => server.close() };
}

function run(url: string) {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  env.fromElements({ n: 1 }, { n: 2 }).sinkTo(new WebhookSink<{ n: number }>({ url, headers: ({ n }) => ({ 'x-n': String(n) }) }));
  return env.execute();
}

it('posts each element in order, and again while the target fails', async () => {
  const { url, bodies, close } = await target(503);
  await run(url);
  close();
  expect(bodies).toEqual(['1 {"n":1}', '1 {"n":1}', '2 {"n":2}']);
});

it('fails when the target refuses an element for good', async () => {
  const { url, bodies, close } = await target(422);
  await expect(run(url)).rejects.toThrow('answered 422');
  close();
  expect(bodies).toHaveLength(1);
});
