import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Bytes that one connection may send before it is the next one's turn: 0.1 s of the slowest line. */
const quantumBytes = 8 * 1024;

/** A connection is read again when less than this waits in the proxy: 50 ms of the fastest line. */
const lowWaterBytes = 8 * quantumBytes;

/** Time that an idle line may make up for, in ms: less would lose the gap between two reads. */
const burstMs = 50;

/** Time that a line with waiting bytes may make up for, in ms: a busy machine wakes the proxy late. */
const longestDelayMs = 2_000;

/** A line of fixed capacity. All its connections share the capacity towards the target, in turns. */
export interface ShapedLine {
  /** Bytes that have left the line towards the targets. */
  carriedBytes(): number;
  /** Opens another way in, to `target` (`http://127.0.0.1:<port>`), and returns its origin. */
  lead(target: () => string): Promise<string>;
  close(): Promise<void>;
}

/** A connection through the line. */
interface Lane {
  readonly client: Socket;
  readonly target: Socket;
  readonly waiting: Buffer[];
  waitingBytes: number;
  hasEnded: boolean;
}

/**
 * Opens a line of `bitsPerSecond` towards its targets; what comes back is not slowed down. The proxy
 * reads from a client only as fast as the line carries its bytes, so that the client feels the line
 * through its socket. The kernel's buffers stay as they are: on loopback a sender hands over about
 * 5 MB for each connection before it feels the line. What it handed over before it gave up still
 * takes its time on the line.
 */
export function openShapedLine(bitsPerSecond: number): ShapedLine {
  const bytesPerMs = bitsPerSecond / 8 / 1000;
  const chunkConcurrency = new Set<Lane>();
  const servers: Server[] = [];
  let turns: Lane[] = [];
  let freeAt = performance.now();
  let carried = 0;
  let isBacklogged = false;
  let timer: NodeJS.Timeout | undefined;

  /** Carries what the line's time allows, one quantum a turn, then sleeps until it is free again. */
  function carry(): void {
    timer = undefined;
    const now = performance.now();
    freeAt = Math.max(freeAt, now - (isBacklogged ? longestDelayMs : burstMs));
    while (freeAt <= now) {
      const lane = nextLane();
      isBacklogged = lane !== undefined;
      if (!lane) return;
      const sent = forward(lane);
      carried += sent;
      freeAt += sent / bytesPerMs;
    }
    schedule(freeAt - now);
  }

  function schedule(ms: number): void {
    timer ??= setTimeout(carry, Math.max(1, ms));
  }

  /** Each lane that can send has one turn before any has a second one. */
  function nextLane(): Lane | undefined {
    const canSend = (lane: Lane) =>
      chunkConcurrency.has(lane) && lane.waitingBytes > 0 && !lane.target.writableNeedDrain;
    turns = turns.filter(canSend);
    if (turns.length === 0) turns = [...chunkConcurrency].filter(canSend);
    return turns.shift();
  }

  function open(client: Socket, target: string): void {
    const { hostname, port } = new URL(target);
    const lane: Lane = {
      client,
      target: connect(Number(port), hostname),
      waiting: [],
      waitingBytes: 0,
      hasEnded: false,
    };
    chunkConcurrency.add(lane);
    const end = () => {
      chunkConcurrency.delete(lane);
      client.destroy();
      lane.target.destroy();
    };
    client.on('data', (piece: Buffer) => {
      lane.waiting.push(piece);
      lane.waitingBytes += piece.length;
      if (lane.waitingBytes >= lowWaterBytes) client.pause();
      schedule(0);
    });
    // What a client sent before it closed still takes its time on the line.
    client.on('end', () => {
      lane.hasEnded = true;
      if (lane.waitingBytes === 0) lane.target.end();
    });
    client.on('error', end);
    lane.target.on('drain', () => schedule(0));
    lane.target.on('error', end);
    lane.target.on('close', end);
    lane.target.pipe(client, { end: false });
    lane.target.on('end', () => client.end());
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
      for (const { client, target } of chunkConcurrency) {
        client.destroy();
        target.destroy();
      }
      for (const server of servers) server.close();
      await Promise.all(servers.map((server) => once(server, 'close')));
    },
  };
}

/** Sends one quantum of a lane on and reads more from its client when little is left. */
function forward(lane: Lane): number {
  const piece = lane.waiting.shift() as Buffer;
  const sent = piece.subarray(0, quantumBytes);
  if (piece.length > sent.length) lane.waiting.unshift(piece.subarray(sent.length));
  lane.waitingBytes -= sent.length;
  lane.target.write(sent);
  if (lane.waitingBytes < lowWaterBytes) lane.client.resume();
  if (lane.hasEnded && lane.waitingBytes === 0) lane.target.end();
  return sent.length;
}
