import { describe, expect, it } from 'vitest';
import type { HttpRequest, Transport } from '#src/core/ports/transport.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import { film, openPortHarness, putFilm } from '../../harness/port-harness.ts';
import { runTransfer } from '../../harness/run-transfer.ts';
import { type Bridged, bridge, patient, serviceOf, type Through } from './bridged.ts';

const partBytes = 1024;
const parts = 4;

interface Bug {
  readonly bug: string;
  readonly through?: Through;
  readonly change?: (right: Destination) => Partial<Destination>;
  /** The check that notices it. */
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

const bugs: readonly Bug[] = [
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

/** Moves one object and returns what the service shows of it that must not be. */
async function flawsOf({ through = (one) => one, change }: Partial<Bug>): Promise<string[]> {
  const settings = { onNameTaken: 'overwrite' } as const;
  const both: Through = (transport) => through(patient(transport));
  const bridged = await bridge({ partSize: partBytes }, settings, both);
  const service = serviceOf(bridged);
  const destination = { ...service.destination, ...change?.(service.destination) };
  const harness = await openPortHarness(async () => ({ ...service, destination }));
  const sha256 = putFilm(harness, parts * partBytes);
  const { output, error } = await runTransfer(harness, film);
  const { simulator } = bridged;
  const file = simulator.entries()[0];
  return [
    ...(output.status === 'ready' ? [] : [`ended with ${error}`]),
    ...(file && simulator.storedSha256(file.id) !== sha256 ? ['the file has other bytes'] : []),
    ...uploadFlaws(bridged),
  ];
}

function uploadFlaws({ simulator }: Bridged): string[] {
  const named = simulator.calls.flatMap(({ operation, parts: numbers }) =>
    operation === 'report' || operation === 'complete' ? numbers : [],
  );
  const counts = Map.groupBy(named, (number) => number);
  const repeated = [...counts].filter(([, { length }]) => length > 1);
  return [
    ...repeated.map(([number, { length }]) => `part ${number} is reported ${length} times`),
    ...simulator
      .uploads()
      .flatMap(({ overwrite, partSize, stored }) => [
        ...(overwrite ? [] : ['an upload does not overwrite']),
        ...[...stored]
          .filter(([, { sizeBytes }]) => sizeBytes !== partSize)
          .map(([number, { sizeBytes }]) => `part ${number} has ${sizeBytes} bytes`),
      ]),
  ];
}

describe('an adapter of Seven Bridges', () => {
  it('without a bug shows no flaw', async () => {
    expect(await flawsOf({})).toEqual([]);
  });

  it.each(bugs)('that $bug is noticed', async ({ noticed, ...bug }) => {
    expect((await flawsOf(bug)).join('; ')).toMatch(noticed);
  });
});
