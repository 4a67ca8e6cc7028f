import type { Pool } from 'undici';
import symbols from 'undici/lib/core/symbols.js';

const { kParser, kSocket } = symbols;

/** The internal fields of a connected undici client. */
interface ConnectedClient {
  readonly [kSocket]?: { readonly [kParser]?: ReplyParser };
}

interface ReplyParser {
  onHeadersComplete(status: number, upgrade: boolean, shouldKeepAlive: boolean): number;
}

/**
 * Makes a pool ignore an unrequested `100 Continue`, which some proxies and storage servers send. A
 * client may ignore any interim reply (RFC 9110 §15.2). undici ignores all others and reports 100 as
 * `bad response`, so its parser receives 102 instead.
 */
export function ignoreContinue(pool: Pool): Pool {
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
