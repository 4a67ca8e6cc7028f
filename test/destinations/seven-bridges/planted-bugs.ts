import type { HttpRequest, Transport } from '#src/core/ports/transport.ts';
import type { AdapterChange } from '../../conformance/planted-bugs.ts';
import type { Through } from './bridged.ts';

/** A bug in the adapter, and the check that notices it. */
export interface SevenBridgesBug extends AdapterChange {
  readonly bug: string;
  /** What the check says. */
  readonly noticed: RegExp;
}

type Body = Record<string, unknown>;

/** Changes the JSON of requests whose path matches. */
function withBody(path: RegExp, change: (body: Body) => Body): Through {
  return (transport: Transport) => ({
    send: (request: HttpRequest) => {
      const isMeant = path.test(request.url) && typeof request.body === 'string';
      if (!isMeant) return transport.send(request);
      const body = JSON.stringify(change(JSON.parse(String(request.body)) as Body));
      return transport.send({ ...request, body });
    },
  });
}

function withUrl(change: (url: string) => string): Through {
  return (transport) => ({
    send: (request) => transport.send({ ...request, url: change(request.url) }),
  });
}

const partsOf = ({ parts: list }: Body) => (Array.isArray(list) ? list : []) as Body[];

const reports = /\/upload\/multipart\/[^/?]+(?:\/complete)?$/;

/** Bugs that only Seven Bridges can have: its negotiated parts, reports, names and projects. */
export const sevenBridgesBugs: readonly SevenBridgesBug[] = [
  {
    bug: 'reports one part twice',
    through: withBody(reports, (body) => ({
      ...body,
      parts: [...partsOf(body), partsOf(body)[0]],
    })),
    noticed: /part 1 is reported 2 times/,
  },
  {
    bug: 'completes without one part',
    through: withBody(reports, (body) => ({
      parts: partsOf(body).filter(({ part_number: number }) => number !== 2),
    })),
    noticed: /ended with RequestRejectedError/,
  },
  {
    bug: 'uses its own part size in place of the one of the service',
    change: (right) => ({
      openSession: async (...args) => {
        const session = await right.openSession(...args);
        const chunkSizeBytes = session.chunkSizeBytes / 2;
        return { ...session, chunkSizeBytes, totalChunks: 2 * session.totalChunks };
      },
    }),
    noticed: /part 1 has 512 bytes/,
  },
  {
    bug: 'ignores that an older file may be overwritten',
    through: withUrl((url) => url.replace('overwrite=true', 'overwrite=false')),
    noticed: /an upload does not overwrite/,
  },
  {
    bug: 'continues a session with another part size',
    change: (right) => ({
      sendChunk: (session, chunk, body, call) => {
        if (chunk.index < 3) return right.sendChunk(session, chunk, body, call);
        const half = async function* () {
          for await (const piece of body.open()) yield piece.subarray(0, 512);
        };
        const other = { sizeBytes: 512, open: half };
        return right.sendChunk(session, chunk, other, call);
      },
    }),
    noticed: /part 3 has 512 bytes/,
  },
  {
    bug: 'sends a part under the number of another one',
    through: withUrl((url) => url.replace(/\/part\/2$/, '/part/3')),
    noticed: /ended with/,
  },
  {
    bug: 'takes part in another project',
    through: withBody(/\/upload\/multipart\?/, (body) => ({ ...body, project: 'ada/other' })),
    noticed: /ended with ProjectNotFoundError/,
  },
];
