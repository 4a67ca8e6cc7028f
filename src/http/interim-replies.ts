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
 * Lets a pool read over `100 Continue`. RFC 9110 §15.2 has a client pass over every interim reply
 * that it did not ask for. undici does so for all but this one, which it takes for a broken reply
 * (`bad response`); this hands it on as another interim reply. Some proxies and storages send it.
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
