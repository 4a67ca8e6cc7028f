import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { isTransferError, TransferError } from '#src/core/errors/transfer-error.ts';
import type { HttpRequest, Transport } from '#src/core/ports/transport.ts';
import type { ChunkDelivery, Destination } from '#src/core/transfer/destination.ts';
import { openSevenBridges } from './seven-bridges-service.ts';
import type { OpenWireService } from './wire/wire.ts';

/** A deliberate change of an adapter. */
export interface AdapterChange {
  /** Other methods. */
  readonly change?: (right: Destination) => Partial<Destination>;
  /** Other requests. */
  readonly through?: (transport: Transport) => Transport;
}

/** A bug in an adapter, and the behaviour that notices it. */
export interface PlantedBug extends AdapterChange {
  readonly bug: string;
  /** The title of the behaviour that fails. */
  readonly noticedBy: string;
  /** The reason of the failure. */
  readonly because: RegExp;
  /** Bytes that the service takes beyond the limit of the suite. */
  readonly moreBytes?: number;
}

/** No canary: a planted bug shows it, and the search of the run's output would find a canary. */
export const plantedSecret = 'planted-token-of-32-characters--';

/** Opens the adapter of Seven Bridges with a bug. */
export function openWithBug({ change, through, moreBytes = 0 }: PlantedBug): OpenWireService {
  return async (clock, { maxBytes, ...options }) => {
    const limits = { ...options, maxBytes: maxBytes + moreBytes };
    const service = await openSevenBridges(clock, limits, { token: plantedSecret }, through);
    const { destination } = service;
    return { ...service, destination: { ...destination, ...change?.(destination) } };
  };
}

function withRequest(change: (request: HttpRequest) => HttpRequest): AdapterChange {
  return { through: (to) => ({ send: (request) => to.send(change(request)) }) };
}

/** Returns the adapter with another error of one call. */
function withError(
  call: 'openSession' | 'sendChunk' | 'sessionStatus',
  change: (error: TransferError) => TransferError,
): AdapterChange {
  return {
    change: (right) => ({
      [call]: async (...args: never[]) => {
        const made = right[call] as (...given: never[]) => Promise<unknown>;
        return made(...args).catch((error: unknown) => {
          throw isTransferError(error) ? change(error) : error;
        });
      },
    }),
  };
}

async function* wholeChunk(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  yield Buffer.concat(pieces);
}

async function* otherBytes(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of body) yield piece.map((byte) => byte ^ 1);
}

const isStream = ({ body }: HttpRequest) => body !== undefined && typeof body !== 'string';

/** Bugs of adapters. The first six are those that a review planted, and the suite of its day missed. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    bug: 'no evidence where the service returns some',
    noticedBy: 'has the ETag of a chunk as evidence if the service returns one',
    because: /evidence: 'none'.* evidence: 'etag'/,
    change: (right) => ({
      sendChunk: async (...args) => ({ ...(await right.sendChunk(...args)), evidence: 'none' }),
    }),
  },
  {
    bug: 'an identity without the server',
    noticedBy: 'has another identity at another server',
    because: /identities of two servers: expected 1 to be 2/,
    change: () => ({ identity: 'seven-bridges ada/genomes' }),
  },
  {
    bug: 'the key in an error',
    noticedBy: 'shows no secret if the reply to a finish repeats the request',
    because: /replies whose error or result shows a secret: expected \d to be \+?0/,
    change: (right) => ({
      finish: async (...args) =>
        right.finish(...args).catch((error: Error) => {
          throw new TransferError(
            'RequestRejectedError',
            `${error.message} (token ${plantedSecret})`,
          );
        }),
    }),
  },
  {
    bug: 'the key in the URL',
    noticedBy: 'sends its secret as a header, in no URL and no body',
    because: /requests with the secret in a URL or body/,
    ...withRequest((request) =>
      request.method === 'GET' && request.headers['x-sbg-auth-token']
        ? {
            ...request,
            url: `${request.url}${request.url.includes('?') ? '&' : '?'}t=${plantedSecret}`,
          }
        : request,
    ),
  },
  {
    bug: 'a whole chunk in memory',
    noticedBy: 'reads a chunk piece by piece as it is sent',
    because: /pieces in memory: expected 32 to be less than or equal to 2/,
    change: (right) => ({
      sendChunk: (session, chunk, body, call) =>
        right.sendChunk(session, chunk, { ...body, open: () => wholeChunk(body.open()) }, call),
    }),
  },
  {
    bug: 'the key for another server',
    noticedBy: 'sends its secret to its own server only',
    because: /other servers that receive it/,
    ...withRequest((request) => ({
      ...request,
      headers: { ...request.headers, 'x-sbg-auth-token': plantedSecret },
    })),
  },
  {
    bug: 'a create that counts as unsent after a lost reply',
    noticedBy: 'knows that a create without a reply may have had an effect',
    because: /CreateReplyLostError/,
    ...withError('openSession', (error) =>
      errorMeans(error, 'createReplyLost')
        ? new TransferError('NetworkError', error.message)
        : error,
    ),
  },
  {
    bug: 'a create that counts as lost although it was not sent',
    noticedBy: 'knows that a create that reached no server had no effect',
    because: /NetworkError/,
    ...withError(
      'openSession',
      ({ message }) => new TransferError('CreateReplyLostError', message),
    ),
  },
  {
    bug: 'a request that the adapter repeats',
    noticedBy: 'does not repeat a chunk that the service rejects',
    because: /requests: expected 2 to be 1/,
    change: (right) => ({
      sendChunk: (...args) => right.sendChunk(...args).catch(() => right.sendChunk(...args)),
    }),
  },
  {
    bug: 'a wait that is not passed on',
    noticedBy: 'returns the time that the service asks a chunk to wait',
    because: /seconds to wait: expected undefined to be 45/,
    ...withError('sendChunk', ({ name, message }) => new TransferError(name, message)),
  },
  {
    bug: 'a lost session that counts as active',
    noticedBy: 'reports a forgotten session as expired',
    because: /expected 'active' to be 'expired'/,
    change: () => ({ sessionStatus: async () => ({ phase: 'active' }) }),
  },
  {
    bug: 'a deleted asset that counts as ready',
    noticedBy: 'reports a deleted asset as missing',
    because: /expected 'ready' to be 'missing'/,
    change: () => ({ assetStatus: async () => ({ phase: 'ready' }) }),
  },
  {
    bug: 'an asset id before the finish',
    noticedBy: 'names the asset with its finish and not before',
    because: /expected 'early' to be undefined/,
    change: (right) => ({
      openSession: async (...args) => ({ ...(await right.openSession(...args)), assetId: 'early' }),
    }),
  },
  {
    bug: 'a completion that hides a missing chunk',
    noticedBy: 'rejects a finish while one chunk is missing',
    because: /promise resolved/,
    change: (right) => ({
      finish: (...args) => right.finish(...args).catch(() => ({ ...args[0], assetId: 'file-1' })),
    }),
  },
  {
    bug: 'a completion that trusts the proofs',
    noticedBy: 'rejects a finish that has all proofs if the service lacks a chunk',
    because: /the finish of an incomplete upload: expected undefined to be an instance of/,
    change: (right) => ({
      finish: (...args) => right.finish(...args).catch(() => ({ ...args[0], assetId: 'file-1' })),
    }),
  },
  {
    bug: 'the key for a server that a reply names',
    noticedBy: 'sends its secret to no other server that a reply names',
    because: /requests with the secret to an address from a reply/,
    through: (to) => ({
      send: async (request) => {
        const reply = await to.send(request);
        const url = reply.headers.location;
        return url ? to.send({ ...request, method: 'GET', url, body: undefined }) : reply;
      },
    }),
  },
  {
    bug: 'a repeated chunk that counts as sent, and is not read',
    noticedBy: 'has read all of a chunk that counts as sent, also if the service holds it already',
    because: /complete readings of the chunk, second time: expected \+?0/,
    change: (right) => {
      let sent: Promise<ChunkDelivery> | undefined;
      return {
        sendChunk: (...args) => {
          sent ??= right.sendChunk(...args);
          return sent;
        },
      };
    },
  },
  {
    bug: 'other bytes than those of the source',
    noticedBy: 'accepts the same chunk twice',
    because: /SHA-256 of the stored bytes: expected '[0-9a-f]+…' to be '[0-9a-f]+…'/,
    ...withRequest((request) =>
      isStream(request)
        ? { ...request, body: otherBytes(request.body as AsyncIterable<Uint8Array>) }
        : request,
    ),
  },
  {
    bug: 'a limit that is not that of the service',
    noticedBy: 'has the same limit as its service',
    because: /a session of one byte more: expected DirectUpload/,
    moreBytes: 1,
    change: (right) => ({
      accept: (object) => {
        const accepted = right.accept(object);
        return { ...accepted, maxBytes: accepted.maxBytes + 1 };
      },
    }),
  },
  {
    bug: 'a call that ignores its signal',
    noticedBy: 'ends its requests with the signal of the call',
    because: /requests that ended/,
    ...withRequest((request) => ({ ...request, signal: new AbortController().signal })),
  },
];
