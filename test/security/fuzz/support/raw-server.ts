import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** The bytes that a server sends after it received the head of a request. */
export interface RawReply {
  readonly pieces: readonly (string | Uint8Array)[];
  /** The action after the pieces. `endless` repeats the last piece while the client reads. */
  readonly after: 'end' | 'stay' | 'reset' | 'endless';
}

export interface RawServer {
  readonly origin: string;
  /** The reply to every further connection. */
  reply: RawReply;
  /** Bytes written to sockets. */
  sentBytes: number;
  close(): Promise<void>;
}

/** Opens a server on 127.0.0.1 that sends raw bytes. */
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
