import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A double of X-Ray's daemon in Lambda. It receives every subsegment of a sampled call. */
export interface TraceDaemon {
  readonly received: readonly string[];
  /** The environment that names the daemon and a sampled call. */
  readonly environment: Readonly<Record<string, string>>;
  close(): void;
}

export async function startTraceDaemon(): Promise<TraceDaemon> {
  const received: string[] = [];
  const socket = createSocket('udp4').on('message', (message) => received.push(String(message)));
  await once(socket.bind(0, '127.0.0.1'), 'listening');
  return {
    received,
    environment: {
      AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${socket.address().port}`,
      _X_AMZN_TRACE_ID:
        'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1',
    },
    close: () => void socket.close(),
  };
}
