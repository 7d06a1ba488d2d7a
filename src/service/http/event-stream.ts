import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A connection that is sent server-sent events. */
export interface EventStream {
  /** False when the client is behind; `drained` tells when it has caught up. */
  write(text: string): boolean;
  drained(): Promise<void>;
  readonly closed: AbortSignal;
}

export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

/** Takes the connection over from the framework; it counts as closed when the client is gone, or at `closing`. */
export function openEventStream(request: FastifyRequest, reply: FastifyReply, closing: AbortSignal): EventStream {
  const headers = reply.getHeaders() as OutgoingHttpHeaders;
  reply.hijack();
  const { raw } = reply;
  const gone = new AbortController();
  const closed = AbortSignal.any([gone.signal, closing]);
  raw.on('close', () => gone.abort());
  raw.on('error', () => gone.abort());
  request.raw.socket.setNoDelay(true);
  raw.writeHead(200, { ...headers, ...EVENT_STREAM_HEADERS, connection: 'keep-alive' });
  return {
    write: (text) => !closed.aborted && raw.write(text),
    drained: () =>
      new Promise((resolve) => {
        if (closed.aborted || !raw.writableNeedDrain) resolve();
        raw.once('drain', resolve);
        closed.addEventListener('abort', () => resolve());
      }),
    closed,
  };
}

/** One event; data may hold line breaks, and each line becomes a data line. */
export function serverSentEvent(event: string, data: string, id?: number): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\n${lines.join('')}\n`;
}
