import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** The line between a service and its database: it can be cut and mended, the database itself stays as it is. */
export class DatabaseLine {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  private constructor(private readonly database: URL) {}

  static async to(url: string): Promise<DatabaseLine> {
    const line = new DatabaseLine(new URL(url));
    await line.mend();
    return line;
  }

  /** The database's address by way of this line. */
  get url(): string {
    const url = new URL(this.database);
    url.host = `127.0.0.1:${this.#port}`;
    return url.toString();
  }

  async mend(): Promise<void> {
    this.#server = createServer((socket) => this.#join(socket, connect(Number(this.database.port), this.database.hostname)));
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as { port: number }).port;
  }

  /** Ends all connections and refuses new ones. */
  async cut(): Promise<void> {
    const closed = this.#server === undefined ? undefined : once(this.#server, 'close');
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#server = undefined;
  }

  #join(client: Socket, server: Socket): void {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ]) {
      this.#sockets.add(from);
      from.pipe(to);
      from.on('error', () => {});
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
