import { describe, expect, it } from 'vitest';
import type { SourceObject } from '#src/core/source/source-object.ts';
import { film } from '../harness/port-harness.ts';
import { runTransfer } from '../harness/run-transfer.ts';
import { StepHarness } from '../harness/step-harness.ts';

const bytes = Buffer.alloc(3000, 7);
const md5 = '0123456789abcdef0123456789abcdef';

/** Stores a version of the film, identified by its ETag. */
function put({ doubles }: StepHarness, etag: string, traits: Partial<SourceObject> = {}) {
  doubles.source.put(film, bytes, { etag, digests: { md5 }, ...traits });
}

/** Ingests the first version, then returns the outcome of the second version. */
async function second(
  first: Partial<SourceObject>,
  traits: Partial<SourceObject>,
  input: object = film,
  between: (harness: StepHarness) => void = () => {},
) {
  const harness = await StepHarness.create();
  put(harness, 'v1', first);
  const before = await runTransfer(harness.doubles, film, { executionId: 'execution-1' });
  between(harness);
  put(harness, 'v2', traits);
  const after = await runTransfer(harness.doubles, input, { executionId: 'execution-2' });
  return { harness, before: before.output, output: after.output };
}

const sha256 = 'LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564=';

describe('B18: a new version uses the existing asset', () => {
  it.each<[string, Partial<SourceObject>, Partial<SourceObject>]>([
    ['if the ETag is the same MD5', {}, {}],
    [
      'if the ETag of the same parts is the same',
      { digests: { md5: `${md5}-2`, firstPartBytes: 2000 } },
      { digests: { md5: `${md5}-2`, firstPartBytes: 2000 } },
    ],
    [
      'if the SHA-256 is the same, with different ETags',
      { digests: { sha256, md5 } },
      { digests: { sha256 } },
    ],
  ])('%s', async (_, first, traits) => {
    const { harness, before, output } = await second(first, traits);
    expect(output).toMatchObject({
      status: 'already-ingested',
      assetId: before.assetId,
      transferId: before.transferId,
      etag: 'v2',
      sameContentAs: 'v1',
    });
    expect(await harness.service.assetIds()).toHaveLength(1);
  });
});

it('the same metadata in another order counts as the same options', async () => {
  const asked = (userMetadata: object) => ({ ...film, userMetadata });
  const harness = await StepHarness.create();
  put(harness, 'v1');
  await runTransfer(harness.doubles, asked({ a: 1, b: ['x', 'y'] }), {
    executionId: 'execution-1',
  });
  put(harness, 'v2');
  const { output } = await runTransfer(harness.doubles, asked({ b: ['x', 'y'], a: 1 }), {
    executionId: 'execution-2',
  });
  expect(output).toMatchObject({ status: 'already-ingested' });
});

describe('B18: a new version has its own transfer', () => {
  const parts = (firstPartBytes: number) => ({ digests: { md5: `${md5}-2`, firstPartBytes } });
  it.each<[string, Partial<SourceObject>, Partial<SourceObject>]>([
    ['if the source does not set sameContent', { digests: undefined }, { digests: undefined }],
    ['if the ETag differs', {}, { digests: { md5: md5.replace('0', 'f') } }],
    ['if the parts have another size', parts(2000), parts(1000)],
    ['if one ETag is a multipart ETag', {}, parts(2000)],
    [
      'if the SHA-256 differs although the ETag is the same',
      { digests: { sha256, md5 } },
      { digests: { sha256: 'x', md5 } },
    ],
    ['if the earlier version had no digest', { digests: undefined }, {}],
    ['if the size differs', {}, { sizeBytes: 2999 }],
  ])('%s', async (_, first, traits) => {
    const { before, output } = await second(first, traits);
    expect(output.transferId).not.toBe(before.transferId);
    expect(output.status).not.toBe('already-ingested');
  });

  it('if the start requests other options', async () => {
    const { output } = await second({}, {}, { ...film, userMetadata: { season: 2026 } });
    expect(output).toMatchObject({ status: 'ready' });
  });

  it('if the start is forced', async () => {
    const { output } = await second({}, {}, { ...film, force: true });
    expect(output).toMatchObject({ status: 'ready' });
  });

  it('if the service lost the asset', async () => {
    const forget = (harness: StepHarness) => {
      const assetStatus = async () => ({ phase: 'missing' as const });
      const { destination } = harness.doubles.ports;
      let asked = 0;
      Object.assign(harness.doubles.ports, {
        destination: {
          ...destination,
          assetStatus: (...args: Parameters<typeof destination.assetStatus>) =>
            asked++ === 0 ? assetStatus() : destination.assetStatus(...args),
        },
      });
    };
    const { harness, output } = await second({}, {}, film, forget);
    expect(output).toMatchObject({ status: 'ready' });
    expect(await harness.service.assetIds()).toHaveLength(2);
  });

  it('if its content type belongs to another media type', async () => {
    const harness = await StepHarness.create();
    const clip = { ...film, key: 'reels/clip' };
    const traits = { digests: { md5 } };
    harness.doubles.source.put(clip, bytes, { ...traits, etag: 'v1', contentType: 'video/mp4' });
    await runTransfer(harness.doubles, clip, { executionId: 'execution-1' });
    harness.doubles.source.put(clip, bytes, { ...traits, etag: 'v2', contentType: 'audio/mp4' });
    const { output } = await runTransfer(harness.doubles, clip, { executionId: 'execution-2' });
    expect(output).toMatchObject({ status: 'ready' });
  });

  it('under another key, because its asset has another name', async () => {
    const harness = await StepHarness.create();
    put(harness, 'v1');
    await runTransfer(harness.doubles, film, { executionId: 'execution-1' });
    const other = { ...film, key: 'reels/other.mp4' };
    harness.doubles.source.put(other, bytes, { etag: 'v1', digests: { md5 } });
    const { output } = await runTransfer(harness.doubles, other, { executionId: 'execution-2' });
    expect(output).toMatchObject({ status: 'ready', key: other.key });
  });
});
