import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** What a server sends, byte for byte, once it has seen the head of a request. */
export interface RawReply {
  readonly pieces: readonly (string | Uint8Array)[];
  /** What it does afterwards; `endless` repeats the last piece for as long as anybody reads. */
  readonly after: 'end' | 'stay' | 'reset' | 'endless';
}

export interface RawServer {
  readonly origin: string;
  /** What every further connection is answered with. */
  reply: RawReply;
  /** Bytes that were handed over to be sent. */
  sentBytes: number;
  close(): Promise<void>;
}

/** A server that knows no HTTP, on 127.0.0.1. */
export async function openRawServer(): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
    socket.once('data', () => void answer(raw, socket));
    socket.resume();
  });
  await new Promise<void>((up) => server.listen(0, '127.0.0.1', up));
  const raw: RawServer = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reply: { pieces: [], after: 'end' },
    sentBytes: 0,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
  return raw;
}

async function answer(raw: RawServer, socket: Socket): Promise<void> {
  const { pieces, after } = raw.reply;
  for (const piece of pieces) send(raw, socket, piece);
  if (after === 'end') socket.end();
  if (after === 'reset') socket.resetAndDestroy();
  while (after === 'endless' && !socket.destroyed) {
    const isTaken = send(raw, socket, pieces.at(-1) ?? ' ');
    await new Promise<void>((resume) => {
      if (isTaken) return void setImmediate(resume);
      socket.once('drain', resume).once('close', resume);
    });
  }
}

function send(raw: RawServer, socket: Socket, piece: string | Uint8Array): boolean {
  raw.sentBytes += piece.length;
  return socket.write(piece, typeof piece === 'string' ? 'latin1' : undefined);
}
