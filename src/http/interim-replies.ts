import type { Pool } from 'undici';
import symbols from 'undici/lib/core/symbols.js';

const { kParser, kSocket } = symbols;

/** What undici keeps of a connected client and its socket. */
interface ConnectedClient {
  readonly [kSocket]?: { readonly [kParser]?: ReplyParser };
}

interface ReplyParser {
  onHeadersComplete(status: number, upgrade: boolean, shouldKeepAlive: boolean): number;
}

/**
 * Lets a pool read over an unasked `100 Continue`, which some proxies and storages send. A client
 * may ignore any interim reply (RFC 9110 §15.2). undici ignores all but this one, which it reports
 * as `bad response`. Its parser therefore gets 102 in place of 100.
 */
export function readOverContinue(pool: Pool): Pool {
  return pool.on('connect', (_origin, targets) => {
    const client = targets.at(-1) as ConnectedClient | undefined;
    const parser = client?.[kSocket]?.[kParser];
    if (!parser) return;
    const complete = parser.onHeadersComplete;
    parser.onHeadersComplete = function (status, upgrade, shouldKeepAlive) {
      return complete.call(this, status === 100 ? 102 : status, upgrade, shouldKeepAlive);
    };
  });
}
