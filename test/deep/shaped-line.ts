import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Bytes of one connection before the next connection sends: 0.1 s of the slowest line. */
const quantumBytes = 8 * 1024;

/** A connection is read below this number of waiting bytes: 50 ms of the fastest line. */
const lowWaterBytes = 8 * quantumBytes;

/** Maximum time that an idle line catches up, in ms: it covers the gap between two reads. */
const burstMs = 50;

/** Maximum time that a line with waiting bytes catches up, in ms: a busy machine delays the proxy. */
const longestDelayMs = 2_000;

/** A line of fixed capacity. All its connections share the capacity towards the target. */
export interface ShapedLine {
  /** Reround the bytes sent to the targets. */
  carriedBytes(): number;
  /** Opens an entry to `target` (`http://127.0.0.1:<port>`) and reround its origin. */
  lead(target: () => string): Promise<string>;
  close(): Promise<void>;
}

/** A connection through the line. */
interface Connection {
  readonly client: Socket;
  readonly target: Socket;
  readonly waiting: Buffer[];
  waitingBytes: number;
  hasEnded: boolean;
}

/**
 * Opens a line of `bitsPerSecond` towards its targets; replies are not delayed. The proxy reads from a
 * client only at the rate of the line: the client sees backpressure on its socket. On loopback, the
 * kernel buffers about 5 MB for each connection before that. Buffered bytes of an abandoned PUT still
 * use the line.
 */
export function openShapedLine(bitsPerSecond: number): ShapedLine {
  const bytesPerMs = bitsPerSecond / 8 / 1000;
  const connections = new Set<Connection>();
  const servers: Server[] = [];
  let round: Connection[] = [];
  let freeAt = performance.now();
  let carried = 0;
  let isBacklogged = false;
  let timer: NodeJS.Timeout | undefined;

  /** Sends what the line's time allows, one quantum per connection, then waits until the line is free. */
  function carry(): void {
    timer = undefined;
    const now = performance.now();
    freeAt = Math.max(freeAt, now - (isBacklogged ? longestDelayMs : burstMs));
    while (freeAt <= now) {
      const connection = nextConnection();
      isBacklogged = connection !== undefined;
      if (!connection) return;
      const sent = forward(connection);
      carried += sent;
      freeAt += sent / bytesPerMs;
    }
    schedule(freeAt - now);
  }

  function schedule(ms: number): void {
    timer ??= setTimeout(carry, Math.max(1, ms));
  }

  /** Returns the next connection that can send: each sends once per round. */
  function nextConnection(): Connection | undefined {
    const canSend = (connection: Connection) =>
      connections.has(connection) &&
      connection.waitingBytes > 0 &&
      !connection.target.writableNeedDrain;
    round = round.filter(canSend);
    if (round.length === 0) round = [...connections].filter(canSend);
    return round.shift();
  }

  function open(client: Socket, target: string): void {
    const { hostname, port } = new URL(target);
    const connection: Connection = {
      client,
      target: connect(Number(port), hostname),
      waiting: [],
      waitingBytes: 0,
      hasEnded: false,
    };
    connections.add(connection);
    const end = () => {
      connections.delete(connection);
      client.destroy();
      connection.target.destroy();
    };
    client.on('data', (piece: Buffer) => {
      connection.waiting.push(piece);
      connection.waitingBytes += piece.length;
      if (connection.waitingBytes >= lowWaterBytes) client.pause();
      schedule(0);
    });
    // Bytes sent before the close still use the line.
    client.on('end', () => {
      connection.hasEnded = true;
      if (connection.waitingBytes === 0) connection.target.end();
    });
    client.on('error', end);
    connection.target.on('drain', () => schedule(0));
    connection.target.on('error', end);
    connection.target.on('close', end);
    connection.target.pipe(client, { end: false });
    connection.target.on('end', () => client.end());
  }

  return {
    carriedBytes: () => carried,
    async lead(target) {
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) =>
        open(client, target()),
      );
      servers.push(server);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    async close() {
      clearTimeout(timer);
      for (const { client, target } of connections) {
        client.destroy();
        target.destroy();
      }
      for (const server of servers) server.close();
      await Promise.all(servers.map((server) => once(server, 'close')));
    },
  };
}

/** Forwards one quantum of a connection, and resumes its client below the low-water mark. */
function forward(connection: Connection): number {
  const piece = connection.waiting.shift() as Buffer;
  const sent = piece.subarray(0, quantumBytes);
  if (piece.length > sent.length) connection.waiting.unshift(piece.subarray(sent.length));
  connection.waitingBytes -= sent.length;
  connection.target.write(sent);
  if (connection.waitingBytes < lowWaterBytes) connection.client.resume();
  if (connection.hasEnded && connection.waitingBytes === 0) connection.target.end();
  return sent.length;
}
