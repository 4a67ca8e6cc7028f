import { expect, it, onTestFinished } from 'vitest';
import { maxChunkBytes, maxDocumentBytes } from '#src/destinations/selfcommunity/limits.ts';
import { brokenPromises, openCommunity, runPaper } from './community.ts';

it('a document of 50 MB takes 245 chunks, one completion and one call for the media', async () => {
  const community = await openCommunity({
    sizeBytes: maxDocumentBytes,
    chunkSizeBytes: maxChunkBytes,
  });
  onTestFinished(community.close);
  const startedAt = performance.now();
  const end = await runPaper(community);
  const seconds = (performance.now() - startedAt) / 1000;
  expect(brokenPromises(community, end)).toEqual([]);
  const wire = Object.groupBy(community.service.calls, ({ operation }) => operation);
  const counts = Object.entries(wire).map(([name, calls]) => [name, calls.length]);
  const rows = Object.groupBy(end.calls, (name) => name);
  const { transitions } = end;
  const gets = community.harness.source.reads.length;
  const numbers = { counts, transitions, gets, seconds };
  console.warn(JSON.stringify(numbers));
  console.warn(JSON.stringify(Object.entries(rows).map(([name, all]) => [name, all?.length])));
  // The 245 chunks are in ranges; the state of the upload is asked for by each confirmation.
  expect(Object.fromEntries(counts)).toMatchObject({ complete: 1, media: 1 });
  expect(wire.chunk?.length).toBeLessThanOrEqual(245 + 3);
});
