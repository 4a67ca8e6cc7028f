import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '#src/core/ports/clock.ts';

/** A server on a free port of this machine. */
export interface HttpServer {
  readonly origin: string;
  close(): Promise<void>;
}

export async function startServer(listener: RequestListener): Promise<HttpServer> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A clock that advances only by `run`. */
export interface HeldClock extends Clock {
  advance(ms: number): void;
  /** Pending timers. */
  pending(): number;
}

export function holdClock(startMs = Date.UTC(2026, 10, 21)): HeldClock {
  let now = startMs;
  const timers = new Set<{ at: number; task: () => void }>();
  const after = (ms: number, task: () => void) => {
    const timer = { at: now + ms, task };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  return {
    now: () => now,
    after,
    sleep: (ms) => new Promise((resolve) => void after(ms, resolve)),
    pending: () => timers.size,
    advance: (ms) => {
      now += ms;
      for (const timer of [...timers].filter(({ at }) => at <= now)) {
        timers.delete(timer);
        timer.task();
      }
    },
  };
}
