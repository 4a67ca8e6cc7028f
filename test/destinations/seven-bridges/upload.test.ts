import { describe, expect, it } from 'vitest';
import {
  bridge,
  call,
  failureOf,
  operationsOf,
  partSize,
  requestFor,
  send,
  sendAll,
  upload,
} from './bridged.ts';

describe('an upload to Seven Bridges', () => {
  it('takes one call for each part, one report for all, and one completion', async () => {
    const bridged = await bridge();
    const { assetId } = await upload(bridged, 10);
    expect(operationsOf(bridged)).toEqual([
      'initialize',
      ...['part-url', 'put', 'part-url', 'put', 'part-url', 'put'],
      ...['report', 'details', 'complete'],
    ]);
    const [entry] = bridged.simulator.entries();
    expect(entry).toMatchObject({ id: assetId, name: 'reads.fastq.gz', size: 10 });
    expect((await bridged.bridges.assetStatus(String(assetId), call)).phase).toBe('ready');
  });

  it('initializes with name, size, project, part size and overwrite', async () => {
    const bridged = await bridge();
    const session = await bridged.bridges.openSession(requestFor(10), call);
    const [{ url, body } = { url: '', body: '' }] = bridged.sent;
    expect(url).toMatch(/\/upload\/multipart\?overwrite=false$/);
    const size = 64 * 1024 * 1024;
    const wanted = { name: 'reads.fastq.gz', size: 10, part_size: size, project: 'ada/genomes' };
    expect(JSON.parse(String(body))).toEqual(wanted);
    expect(session).toMatchObject({ chunkSizeBytes: partSize, totalChunks: 3 });
  });

  it('sends its token to the API only', async () => {
    const bridged = await bridge();
    await upload(bridged);
    const withToken = bridged.simulator.calls.map(({ operation, hasToken }) => [
      operation,
      hasToken,
    ]);
    expect(withToken.every(([operation, has]) => has === (operation !== 'put'))).toBe(true);
  });

  it.each(['iso', 'milliseconds'] as const)('reads `expires` in the form %s', async (expires) => {
    const bridged = await bridge({ expires, urlLifetimeMs: 60_000 });
    const session = await bridged.bridges.openSession(requestFor(3), call);
    await bridged.bridges.prepareChunk(session, 1, call);
    await send(bridged, session, 1);
    expect(operationsOf(bridged).filter((one) => one === 'part-url')).toHaveLength(1);
    await bridged.bridges.prepareChunk(session, 1, call);
    await bridged.clock.sleep(56_000);
    await send(bridged, session, 1);
    expect(operationsOf(bridged).filter((one) => one === 'part-url')).toHaveLength(3);
  });

  it('fetches no URLs in advance', async () => {
    const bridged = await bridge();
    const session = await bridged.bridges.openSession(requestFor(10), call);
    await bridged.bridges.prepareChunks(session, [1, 2, 3], call);
    expect(operationsOf(bridged)).toEqual(['initialize']);
  });

  it('sends the headers that the service names, and accepts success codes inside `report`', async () => {
    const requiredHeaders = { 'x-amz-server-side-encryption': 'AES256' };
    const bridged = await bridge({ requiredHeaders, successCodesIn: 'report' });
    await upload(bridged);
    expect(bridged.simulator.entries()).toHaveLength(1);
  });

  it('rejects a success that the service does not name', async () => {
    const bridged = await bridge();
    const session = await bridged.bridges.openSession(requestFor(3), call);
    const alter = (body: object) => ({ ...body, success_codes: [201] });
    bridged.simulator.faults.add({ on: 'part-url', kind: 'alter', alter });
    const { name } = await failureOf(send(bridged, session, 1));
    expect(name).toBe('ServiceUnavailableError');
  });

  it('reports every header that the service names', async () => {
    const bridged = await bridge({ reportHeaders: ['ETag', 'Date'] });
    const session = await bridged.bridges.openSession(requestFor(3), call);
    const proof = await send(bridged, session, 1);
    expect(Object.keys(JSON.parse(proof.proof))).toEqual(['ETag', 'Date']);
    const { assetId } = await bridged.bridges.finish(session, [proof], undefined, call);
    expect(bridged.simulator.entries().map(({ id }) => id)).toEqual([assetId]);
  });

  it('rejects a plan of more than 10,000 parts', async () => {
    const bridged = await bridge({ partSize: 1 });
    const error = await failureOf(bridged.bridges.openSession(requestFor(10_001), call));
    expect(error).toMatchObject({ name: 'ProtocolViolationError' });
    expect(error.message).toContain('"1" makes 10001 parts');
  });
});

describe('reports to Seven Bridges', () => {
  it('use the call for one part, and the call for several', async () => {
    const bridged = await bridge();
    const session = await bridged.bridges.openSession(requestFor(10), call);
    const proofs = await sendAll(bridged, session);
    bridged.sent.length = 0;
    await bridged.bridges.reportProofs(session, proofs.slice(0, 1), call);
    await bridged.bridges.reportProofs(session, proofs.slice(1), call);
    const paths = bridged.sent.map(({ url }) => new URL(url).pathname);
    expect(paths).toEqual([
      `/v2/upload/multipart/${session.uploadId}/part`,
      `/v2/upload/multipart/${session.uploadId}`,
    ]);
    const [single, batch] = bridged.sent.map(({ body }) => JSON.parse(String(body)));
    const headers = { ETag: proofs[0]?.proof };
    expect(single).toEqual({ part_number: 1, response: { headers } });
    expect(batch.parts.map((part: { part_number: number }) => part.part_number)).toEqual([2, 3]);
  });

  it('are listed for a later process', async () => {
    const bridged = await bridge();
    const session = await bridged.bridges.openSession(requestFor(10), call);
    const proofs = await sendAll(bridged, session);
    await bridged.bridges.reportProofs(session, proofs.slice(1), call);
    const { states, nextPage } = await bridged.bridges.chunkStates(session, 1, call);
    expect([...states]).toEqual([
      [2, 'completed'],
      [3, 'completed'],
    ]);
    expect(nextPage).toBeUndefined();
    const { counts } = await bridged.bridges.sessionStatus(session, call);
    expect(counts).toEqual({ completed: 2, pending: 1, failed: 0 });
  });
});

describe('the completion at Seven Bridges', () => {
  it('contains the parts without a report, or with the report of another ETag', async () => {
    const bridged = await bridge();
    const session = await bridged.bridges.openSession(requestFor(10), call);
    const proofs = await sendAll(bridged, session);
    const stale = proofs.slice(0, 2).map((proof) => ({ ...proof, proof: `"${proof.proof}"` }));
    const other = { ...stale[0], proof: 'f'.repeat(32) } as (typeof stale)[0];
    await bridged.bridges.reportProofs(session, [other, ...stale.slice(1)], call);
    bridged.sent.length = 0;
    await bridged.bridges.finish(session, proofs, undefined, call);
    const { parts } = JSON.parse(String(bridged.sent.at(-1)?.body));
    expect(parts.map((part: { part_number: number }) => part.part_number)).toEqual([1, 3]);
    expect(bridged.simulator.entries()).toHaveLength(1);
  });

  it('has no body if every part is reported', async () => {
    const bridged = await bridge();
    await upload(bridged);
    expect(bridged.sent.at(-1)?.body).toBeUndefined();
  });

  it.each(['forgotten', 'kept'] as const)(
    'finds the file after a lost reply; the completed upload is %s',
    async (completedUpload) => {
      const bridged = await bridge({ completedUpload }, { onNameTaken: 'overwrite' });
      const session = await bridged.bridges.openSession(requestFor(10), call);
      const proofs = await sendAll(bridged, session);
      bridged.simulator.faults.add({ on: 'complete', kind: 'lost-reply' });
      const error = await failureOf(bridged.bridges.finish(session, proofs, undefined, call));
      expect(error.disposition).toBe('retry');
      const { phase } = await bridged.bridges.sessionStatus(session, call);
      expect(phase).toBe(completedUpload === 'forgotten' ? 'completed' : 'active');
      const { assetId } = await bridged.bridges.finish(session, proofs, undefined, call);
      expect(bridged.simulator.entries().map(({ id }) => id)).toEqual([assetId]);
    },
  );

  it('does not take an older file of the same name and size for its own', async () => {
    const bridged = await bridge({}, { onNameTaken: 'overwrite' });
    await upload(bridged);
    await bridged.clock.sleep(60_000);
    const session = await bridged.bridges.openSession(requestFor(10), call);
    bridged.simulator.forgetUploads();
    expect((await bridged.bridges.sessionStatus(session, call)).phase).toBe('expired');
  });

  it('rejects a file of another size', async () => {
    const bridged = await bridge();
    const alter = (body: object) => ({ ...body, size: 9 });
    bridged.simulator.faults.add({ on: 'complete', kind: 'alter', alter });
    const error = await failureOf(upload(bridged, 10));
    expect(error).toMatchObject({ name: 'ProtocolViolationError' });
    expect(error.message).toContain('"9" bytes must be 10');
  });
});

describe('an upload that is given up', () => {
  it('is aborted, and a second abort is no error', async () => {
    const bridged = await bridge();
    const session = await bridged.bridges.openSession(requestFor(10), call);
    const listed = await bridged.bridges.listUnfinished(call);
    expect(listed).toEqual({
      sessions: [{ uploadId: session.uploadId, createdAt: bridged.clock.now() }],
      truncated: false,
    });
    await bridged.bridges.abortSession(session, call);
    await bridged.bridges.abortSession(session, call);
    expect((await bridged.bridges.listUnfinished(call)).sessions).toEqual([]);
  });
});
