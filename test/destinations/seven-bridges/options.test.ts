import { describe, expect, it } from 'vitest';
import { identityOf } from '#src/core/transfer/destination.ts';
import type { DestinationOptions } from '#src/core/transfer/transfer-options.ts';
import { objectIdOf, transferIdOf } from '#src/step-support/transfer-ids.ts';
import { bridge, call, failureOf, requestFor, upload } from './bridged.ts';

const stack = { project: 'ada/genomes' } as const;

/** Opens a session with options of its transfer. Returns the request that initialized it. */
async function initialize(options: DestinationOptions, settings: object = {}) {
  const bridged = await bridge({}, settings);
  const session = await bridged.bridges
    .openSession(requestFor(10, 'runs/a.bam', options), call)
    .catch(() => undefined);
  const sent = bridged.sent.filter(({ url }) => url.includes('/upload/multipart?'));
  return { url: sent[0]?.url, body: JSON.parse(String(sent[0]?.body)), session };
}

describe("a transfer's option at Seven Bridges replaces the stack's setting", () => {
  it('of the project', async () => {
    const { body } = await initialize({ project: 'grace/variants' });
    expect([body.project, body.parent]).toEqual(['grace/variants', undefined]);
  });

  it('of the project by a parent', async () => {
    const { body } = await initialize({ parent: 'folder-7' });
    expect([body.project, body.parent]).toEqual([undefined, 'folder-7']);
  });

  it('of the parent by a project', async () => {
    const { body } = await initialize({ project: 'ada/genomes' }, { parent: 'folder-7' });
    expect([body.project, body.parent]).toEqual(['ada/genomes', undefined]);
  });

  it.each([
    [{ onNameTaken: 'overwrite' }, 'fail', 'true'],
    [{ onNameTaken: 'fail' }, 'overwrite', 'false'],
    [{}, 'overwrite', 'true'],
  ])('of the taken name: %j over %s', async (options, onNameTaken, overwrite) => {
    const { url } = await initialize(options, { onNameTaken });
    expect(new URL(url ?? '').searchParams.get('overwrite')).toBe(overwrite);
  });

  it('of the folders', async () => {
    const bridged = await bridge({}, { ...stack, folders: 'key' });
    const request = requestFor(10, 'runs/a.bam', { folders: 'flat' });
    await bridged.bridges.openSession(request, call);
    expect(bridged.simulator.entries()).toEqual([]);
    await bridged.bridges.openSession({ ...request, options: {} }, call);
    expect(bridged.simulator.entries().map(({ name }) => name)).toEqual(['runs']);
  });

  it('of the filename, which the engine passes on', async () => {
    const bridged = await bridge({}, stack);
    const request = { ...requestFor(10, 'runs/a.bam'), filename: 'b.bam' };
    expect((await bridged.bridges.openSession(request, call)).details.name).toBe('b.bam');
  });

  it('not for the next transfer', async () => {
    const bridged = await bridge({}, { ...stack, onNameTaken: 'fail' });
    await upload(bridged, 10, 'a.bam');
    const again = { onNameTaken: 'rename' };
    await bridged.bridges.openSession(requestFor(10, 'a.bam', again), call);
    const error = await failureOf(bridged.bridges.openSession(requestFor(10, 'a.bam'), call));
    expect(error.name).toBe('NameTakenError');
  });
});

describe('the identity of a transfer to Seven Bridges', () => {
  const source = requestFor(10).source;

  /** The id of the transfer of one object, with these options. */
  async function transferId(options: DestinationOptions): Promise<string> {
    const { bridges } = await bridge({}, { baseUrl: 'https://api.example.test/v2', ...stack });
    return transferIdOf(objectIdOf(identityOf(bridges, options), source), 1);
  }

  it.each([
    ['another project', { project: 'grace/variants' }],
    ['a parent', { parent: 'folder-7' }],
  ])('is another one with %s', async (_, options) => {
    expect(await transferId(options)).not.toBe(await transferId({}));
  });

  it.each([
    ["the stack's project", { project: stack.project }],
    ['another reaction to a taken name', { onNameTaken: 'rename' }],
    ['folders', { folders: 'key' }],
    ['another filename', { filename: 'b.bam' }],
    ['force', { force: true }],
  ])('is the same with %s', async (_, options) => {
    expect(await transferId(options)).toBe(await transferId({}));
  });
});
