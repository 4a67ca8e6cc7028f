import { expect, it } from 'vitest';
import { bridge, operationsOf, type Through, upload } from './bridged.ts';

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
