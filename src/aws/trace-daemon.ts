import { createSocket } from 'node:dgram';

/**
 * A closed part of a trace. Its fields are those of X-Ray's segment documents; a search for traces reads
 * the annotations.
 */
export interface Subsegment {
  readonly name: string;
  /** 16 hexadecimal digits. */
  readonly id: string;
  readonly trace_id: string;
  readonly parent_id: string;
  /** Seconds since 1970, with a fraction. */
  readonly start_time: number;
  readonly end_time: number;
  readonly fault?: true | undefined;
  readonly annotations: Readonly<Record<string, string | boolean>>;
}

/** The header before each document (X-Ray developer guide, sending trace data). */
const header = '{"format":"json","version":1}\n';

/**
 * Sends a subsegment to the function's X-Ray daemon in one datagram, best effort. Resolves after the
 * attempt and never rejects.
 * @param address - host and port as Lambda sets them, such as `169.254.100.1:2000`
 */
export function sendSubsegment(address: string, subsegment: Subsegment): Promise<void> {
  const colon = address.lastIndexOf(':');
  const port = Number(address.slice(colon + 1));
  if (colon < 1 || !Number.isInteger(port) || port < 1 || port > 65_535) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = createSocket('udp4');
  const document = header + JSON.stringify({ ...subsegment, type: 'subsegment' });
  socket.send(document, port, address.slice(0, colon), () => socket.close(() => resolve()));
  return promise;
}
