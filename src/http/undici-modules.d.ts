/**
 * Types for the three modules taken from inside undici (its `types` cover only the package's root).
 * Importing them alone keeps fetch, WebSocket, caches and mocks out of every bundled function.
 * undici 8 has no `exports` map, so the paths may be imported; its version is pinned.
 */
declare module 'undici/lib/dispatcher/agent.js' {
  import type { Agent } from 'undici';

  const agent: typeof Agent;
  export default agent;
}

declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici';

  interface Options {
    origin: string;
    path: string;
    method: string;
    headers: Record<string, string>;
    body: string | Uint8Array | AsyncIterable<Uint8Array> | null;
    signal?: AbortSignal;
    headersTimeout?: number;
    bodyTimeout?: number;
  }
  export default function request(
    this: Dispatcher,
    options: Options,
  ): Promise<Dispatcher.ResponseData>;
}

declare module 'undici/lib/core/connect.js' {
  import type { buildConnector } from 'undici';

  const build: typeof buildConnector;
  export default build;
}
