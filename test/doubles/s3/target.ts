import type { IncomingMessage } from 'node:http';

/** What a request is about. */
export interface Target {
  readonly bucket: string;
  /** Bytes as latin1. */
  readonly key: string;
  readonly query: URLSearchParams;
}

/** Bucket, key and query of a raw request target; nothing is normalised on the way. */
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
