import { expect, it } from 'vitest';
import type { Fault } from '#local/simulators/seven-bridges/faults.ts';
import type { HttpRequest } from '#src/core/ports/transport.ts';
import { film, openPortHarness, putFilm } from '../../harness/port-harness.ts';
import { runTransfer } from '../../harness/run-transfer.ts';
import { canariesIn } from '../../security/canaries/canaries.ts';
import { textOf } from '../../security/canaries/search.ts';
import { bridge, patient, serviceOf, type Through } from './bridged.ts';

/** Repeats each request to the storage in its reply, as a signature error does. */
const echoing: Through = ({ send }) => {
  let left = 3;
  return {
    send: async (request) => {
      const reply = await send(request);
      if (request.method !== 'PUT' || left-- <= 0) return reply;
      return { ...reply, status: 403, text: signatureError(request) };
    },
  };
};

function signatureError({ url, headers }: HttpRequest): string {
  const request = `${url} ${JSON.stringify(headers)}`.replaceAll('&', '&amp;');
  return `<Error><Code>SignatureDoesNotMatch</Code><Message>${request}</Message></Error>`;
}

const faults: readonly Fault[] = [
  { on: 'put', nth: 5, kind: 'expired-url' },
  { on: 'put', nth: 6, kind: 'reset' },
  { on: 'put', nth: 7, kind: 'lost-reply' },
  { on: 'part-url', nth: 3, kind: 'status', status: 500 },
  { on: 'report', kind: 'lost-reply' },
  { on: 'complete', kind: 'lost-reply' },
];

it('no row, event, metric, log line or output holds the token or a part of a URL', async () => {
  const bridged = await bridge({ partSize: 1024 }, {}, (transport) => echoing(patient(transport)));
  const harness = await openPortHarness(async () => serviceOf(bridged));
  const sha256 = putFilm(harness, 12 * 1024);
  for (const fault of faults) bridged.simulator.faults.add(fault);
  const { output } = await runTransfer(harness, film);
  expect(bridged.simulator.storedSha256(String(output.assetId))).toBe(sha256);
  const { store, events, meter, logged } = harness;
  const shown = [store.dump(), textOf([output, events, meter.taken, logged])].join('\n');
  expect(canariesIn(shown)).toEqual([]);
  const urls = bridged.sent.filter(({ method }) => method === 'PUT').map(({ url }) => new URL(url));
  expect(urls.length).toBeGreaterThan(12);
  const secrets = urls.flatMap(({ pathname, searchParams }) => [
    pathname,
    ...searchParams.values(),
  ]);
  const long = secrets.filter(({ length }) => length >= 16);
  expect(long.length).toBeGreaterThan(12);
  expect(long.filter((secret) => shown.includes(secret)).length).toBe(0);
});
