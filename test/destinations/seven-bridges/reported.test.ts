import { describe, expect, it } from 'vitest';
import type { FaultEffect } from '#local/simulators/seven-bridges/faults.ts';
import { film, openPortHarness, putFilm } from '../../harness/port-harness.ts';
import { runTransfer } from '../../harness/run-transfer.ts';
import { bridge, operationsOf, patient, serviceOf, type Through, upload } from './bridged.ts';

/** The details of an upload name its first part only. Their count stays. */
const shortList: Through = ({ send }) => ({
  send: async (request) => {
    const reply = await send(request);
    if (!request.url.endsWith('?list_parts=true')) return reply;
    const { parts, ...details } = JSON.parse(reply.text);
    return { ...reply, text: JSON.stringify({ ...details, parts: parts.slice(0, 1) }) };
  },
});

// Storages list at most 1,000 parts at once (s3tools/s3cmd#346, scality/cloudserver#444).
it('an upload completes if the list of its parts ends early: the rest is reported again', async () => {
  const bridged = await bridge({}, {}, shortList);
  const { assetId = '' } = await upload(bridged, 10);
  expect(bridged.simulator.entries().map(({ id, size }) => [id, size])).toEqual([[assetId, 10]]);
  const completed = bridged.sent.find(({ url }) => url.endsWith('/complete'));
  const { parts } = JSON.parse(String(completed?.body));
  expect(parts.map(({ part_number: n }: { part_number: number }) => n)).toEqual([2, 3]);
  expect(operationsOf(bridged).filter((one) => one === 'complete')).toHaveLength(1);
});

describe('a file of ten parts arrives once', () => {
  const most = [1, 2, 3, 5, 6, 7, 9, 11, 12, 15];

  it.each<[string, FaultEffect]>([
    ['most connections for its parts are reset (sevenbridges-python#57)', { kind: 'reset' }],
    [
      'the storage says RequestTimeout with 400 (aws-sdk-js#1704, osparc-simcore#3531)',
      { kind: 'status', status: 400, body: 'RequestTimeout' },
    ],
    [
      'most URLs are expired at their first use (dataverse-uploader#30, lakeFS#10291)',
      { kind: 'expired-url' },
    ],
  ])('although %s', async (_, effect) => {
    const bridged = await bridge({ partSize: 1024 }, {}, patient);
    const { simulator } = bridged;
    const harness = await openPortHarness(async () => serviceOf(bridged));
    const sha256 = putFilm(harness, 10 * 1024 - 7);
    for (const nth of most) simulator.faults.add({ on: 'put', nth, ...effect });
    const { output, error } = await runTransfer(harness, film);
    expect([error, output.status]).toEqual([undefined, 'ready']);
    const files = simulator.entries().map(({ id }) => simulator.storedSha256(id));
    expect(files).toEqual([sha256]);
    const puts = simulator.calls.filter(({ operation }) => operation === 'put');
    expect(puts).toHaveLength(10 + most.length);
  });
});
