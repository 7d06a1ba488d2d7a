import { UsageError } from '../terminal.js';

export interface AlertLine {
  readonly rule: string;
  readonly severity: string;
  readonly title: string;
}

export interface AlertStream {
  /** Calls for every alert until the signal it was opened with; resolves then. */
  each(onAlert: (alert: AlertLine) => void): Promise<void>;
}

/** A running service over HTTP. Every call throws a UsageError when it does not answer or refuses. */
export class ServiceClient {
  readonly #base: string;
  readonly #headers: Record<string, string>;

  constructor(url: string, apiKey?: string) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new UsageError(`--url is an http or https address, found ${url}`);
    this.#base = url.replace(/\/+$/, '');
    this.#headers = apiKey === undefined ? {} : { 'x-api-key': apiKey };
  }

  async json(method: string, path: string, body: unknown): Promise<void> {
    await refuse(`${method} ${path}`, await this.#call(method, path, JSON.stringify(body), 'application/json'));
  }

  /** What is not there is no error. */
  async delete(path: string): Promise<void> {
    const response = await this.#call('DELETE', path);
    if (response.status !== 404) await refuse(`DELETE ${path}`, response);
  }

  async streamNames(): Promise<string[]> {
    const names: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const path: string = `/v1/streams${cursor === '' ? '' : `?cursor=${encodeURIComponent(cursor)}`}`;
      const page = JSON.parse(await refuse(`GET ${path}`, await this.#call('GET', path))) as StreamPage;
      names.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor;
    }
    return names;
  }

  async sendEvents(stream: string, events: readonly { readonly text: string }[]): Promise<void> {
    const path = `/v1/streams/${stream}/events`;
    const response = await this.#call('POST', path, `${events.map(({ text }) => text).join('\n')}\n`, 'application/x-ndjson');
    const { rejected } = JSON.parse(await refuse(`POST ${path}`, response)) as { rejected: { code: string; message: string }[] };
    if (rejected.length > 0) throw new UsageError(`${stream}: ${rejected[0].code}: ${rejected[0].message}`);
  }

  /** Alerts from now on; resolves when the service has begun to send. */
  async alerts(signal: AbortSignal): Promise<AlertStream> {
    const response = await this.#call('GET', '/v1/alerts/stream', undefined, undefined, signal);
    if (!response.ok || response.body === null) await refuse('GET /v1/alerts/stream', response);
    const lines = linesOf(response.body as ReadableStream<Uint8Array>);
    // The first thing it sends is where the stream begins.
    await lines.next();
    return { each: (onAlert) => readAlerts(lines, onAlert, signal) };
  }

  async #call(method: string, path: string, body?: string, type?: string, signal?: AbortSignal): Promise<Response> {
    const headers = type === undefined ? this.#headers : { ...this.#headers, 'content-type': type };
    try {
      return await fetch(this.#base + path, { method, body, headers, signal });
    } catch (error) {
      const { message, cause } = error as Error;
      const reason = cause instanceof Error ? (cause as NodeJS.ErrnoException).code || cause.message : message;
      throw new UsageError(`no service answers at ${this.#base} (${reason}); \`tripline serve\` starts one, --url names another`);
    }
  }
}

interface StreamPage {
  readonly items: readonly { readonly name: string }[];
  readonly nextCursor: string | null;
}

/** The body's text. @throws UsageError unless the answer is a success */
async function refuse(what: string, response: Response): Promise<string> {
  const text = await response.text();
  if (response.ok) return text;
  throw new UsageError(`${what}: ${response.status} ${problemText(text)}`);
}

function problemText(text: string): string {
  try {
    const { code, detail, errors } = JSON.parse(text) as { code?: string; detail?: string; errors?: { message: string }[] };
    return [code, detail, ...(errors ?? []).map(({ message }) => message)].filter((part) => part !== undefined).join(': ');
  } catch {
    return text.slice(0, 200);
  }
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

async function readAlerts(lines: AsyncIterable<string>, onAlert: (alert: AlertLine) => void, signal: AbortSignal): Promise<void> {
  try {
    for await (const line of lines) if (line.startsWith('data: ')) onAlert(JSON.parse(line.slice(6)) as AlertLine);
  } catch (error) {
    if (!signal.aborted) throw new UsageError(`the stream of alerts ended: ${(error as Error).message}`);
  }
}
