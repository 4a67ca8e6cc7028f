import type { IncomingMessage } from 'node:http';

/** A request's target. */
export interface Target {
  readonly bucket: string;
  /** The bytes as latin1 characters. */
  readonly key: string;
  readonly query: URLSearchParams;
}

/** Returns bucket, key and query of a raw request target, without normalization. */
export function targetOf(request: IncomingMessage): Target {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const [, bucket = '', rawKey = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  return { bucket, key: decodedBytes(rawKey), query: new URLSearchParams(query) };
}

function decodedBytes(escapedPath: string): string {
  return escapedPath.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
