import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TwelveLabs, TwelvelabsApi, TwelvelabsApiError } from 'twelvelabs-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';

const MiB = 1024 * 1024;

let simulator: TwelveLabsSimulator;
let client: TwelveLabs;
let folder: string;

/** Creates a client. The SDK reads its base URL only from the environment, in the constructor. */
function clientOf(baseUrl: string, apiKey: string): TwelveLabs {
  vi.stubEnv('TWELVELABS_BASE_URL', baseUrl);
  return new TwelveLabs({ apiKey });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'twelvelabs-sdk-test-'));
  vi.stubEnv('TMPDIR', folder);
  simulator = await startTwelveLabs({ chunkSizeBytes: MiB, directory: folder });
  client = clientOf(simulator.baseUrl, simulator.apiKey);
  for (const method of ['log', 'warn', 'error'] as const) {
    vi.spyOn(console, method).mockReturnValue();
  }
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await simulator.close();
  await rm(folder, { recursive: true });
});

async function fileOf(bytes: Buffer): Promise<string> {
  const path = join(folder, 'film.mp4');
  await writeFile(path, bytes);
  return path;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

interface Opened {
  readonly uploadId: string;
  readonly assetId: string;
  readonly urls: Map<number, string>;
}

async function open(totalSize: number): Promise<Opened> {
  const created = await client.multipartUpload.create({
    filename: 'film.mp4',
    type: 'video',
    totalSize,
  });
  const { uploadId = '', assetId = '', uploadUrls = [] } = created;
  return { uploadId, assetId, urls: urlsByChunk(uploadUrls) };
}

function urlsByChunk(urls: readonly TwelvelabsApi.PresignedUrlChunk[]): Map<number, string> {
  return new Map(urls.map(({ chunkIndex = 0, url = '' }) => [chunkIndex, url]));
}

async function put(url: string | undefined, bytes: Buffer): Promise<string> {
  const reply = await fetch(url ?? '', { method: 'PUT', body: new Uint8Array(bytes) });
  return reply.headers.get('etag') ?? '';
}

function completed(index: number, proof: string, size: number): TwelvelabsApi.CompletedChunk {
  return { chunkIndex: index, proof, proofType: 'etag', chunkSize: size };
}

/** Uploads and reports `total` one-byte chunks in batches of 50. */
async function uploadBytes(bytes: Buffer): Promise<Opened> {
  simulator.switches.chunkSizeBytes = 1;
  const opened = await open(bytes.length);
  for (let first = 1; first <= bytes.length; first += 50) {
    const count = Math.min(50, bytes.length - first + 1);
    const more = await client.multipartUpload.getAdditionalPresignedUrls(opened.uploadId, {
      start: first,
      count,
    });
    const urls = urlsByChunk(more.uploadUrls ?? []);
    const completedChunks = await Promise.all(
      [...urls].map(async ([index, url]) =>
        completed(index, await put(url, bytes.subarray(index - 1, index)), 1),
      ),
    );
    await client.multipartUpload.reportChunkBatch(opened.uploadId, { completedChunks });
  }
  return opened;
}

async function thrownBy(promise: PromiseLike<unknown>): Promise<TwelvelabsApiError> {
  const error = await Promise.resolve(promise).catch((thrown: unknown) => thrown);
  if (error instanceof TwelvelabsApiError) return error;
  throw new Error(`Unexpected error "${error}": must be an error of the SDK.`);
}

describe('the official SDK against the TwelveLabs simulator', () => {
  it('uploads a file with its own helper, byte for byte', async () => {
    const bytes = randomBytes(Math.floor(3.3 * MiB));
    const result = await client.multipartUpload.uploadFile(await fileOf(bytes));
    expect(await simulator.storedSha256(result.assetId)).toBe(sha256(bytes));
  });

  it('gets the asset URL from the report that completes the upload', async () => {
    const result = await client.multipartUpload.uploadFile(await fileOf(randomBytes(MiB + 1)));
    expect(URL.canParse(result.assetUrl)).toBe(true);
  });

  it('fetches further URLs if the first set does not cover all chunks', async () => {
    simulator.switches.initialUrls = 2;
    const bytes = randomBytes(5 * MiB);
    const path = await fileOf(bytes);
    const { assetId } = await client.multipartUpload.uploadFile(path, { batchSize: 2 });
    expect(await simulator.storedSha256(assetId)).toBe(sha256(bytes));
    expect(simulator.calls.count('presign')).toBe(2);
  });

  it('repeats a failed PUT on the same URL, which succeeds with singleUse "off"', async () => {
    simulator.switches.singleUse = 'off';
    simulator.faults.add({ on: 'put', chunk: 2, kind: 'status', status: 503 });
    const bytes = randomBytes(3 * MiB);
    const options = { retryDelay: 0.01 };
    const { assetId } = await client.multipartUpload.uploadFile(await fileOf(bytes), options);
    expect(await simulator.storedSha256(assetId)).toBe(sha256(bytes));
    expect(simulator.calls.of('put', { chunkIndex: 2 }).map((call) => call.urlUse)).toEqual([1, 2]);
  });

  it('fails with its helper if a used URL is rejected, as documented', async () => {
    simulator.faults.add({ on: 'put', chunk: 2, kind: 'status', status: 503 });
    const options = { retryDelay: 0.001 };
    const path = await fileOf(randomBytes(2 * MiB));
    await expect(client.multipartUpload.uploadFile(path, options)).rejects.toThrow('Chunk 2');
    expect(simulator.calls.count('put', { chunkIndex: 2, status: 403 })).toBe(3);
  });

  it('waits for completion with its own helper', async () => {
    const { uploadId, urls } = await open(10);
    const waiting = client.multipartUpload.waitForUploadCompletion(uploadId, {
      sleepInterval: 0.01,
    });
    const proof = await put(urls.get(1), randomBytes(10));
    const completedChunks = [completed(1, proof, 10)];
    await client.multipartUpload.reportChunkBatch(uploadId, { completedChunks });
    expect(await waiting).toEqual({ status: 'completed', completedChunks: 1, totalChunks: 1 });
  });

  it('reports a failed chunk while it waits', async () => {
    const { uploadId } = await open(10);
    simulator.failChunk(uploadId, 1, 'It did not arrive whole.');
    const waiting = client.multipartUpload.waitForUploadCompletion(uploadId);
    await expect(waiting).rejects.toThrow('Chunks 1 failed');
  });

  it('lists incomplete uploads over several pages, asking for one page too many', async () => {
    const opened: string[] = [];
    for (let i = 0; i < 23; i += 1) opened.push((await open(2 * MiB)).uploadId);
    const listed: TwelvelabsApi.IncompleteUploadSummary[] = [];
    for await (const upload of await client.multipartUpload.listIncompleteUploads()) {
      listed.push(upload);
    }
    expect(listed.map((upload) => upload.uploadId)).toEqual(opened.toReversed());
    expect(listed[0]).toMatchObject({ status: 'active', chunkSize: MiB, totalChunks: 2 });
    expect(simulator.calls.count('list')).toBe(4);
  });

  it('pages the status of 123 chunks by 50', async () => {
    const { uploadId } = await uploadBytes(randomBytes(123));
    const page = await client.multipartUpload.getStatus(uploadId, { pageLimit: 50 });
    const indexes: (number | undefined)[] = [];
    for await (const chunk of page) indexes.push(chunk.index);
    expect(indexes).toEqual(Array.from({ length: 123 }, (_, i) => i + 1));
    expect(page).toMatchObject({ response: { status: 'completed', chunksCompleted: 123 } });
  });

  it('stores chunks reported in several batches as one object', async () => {
    const bytes = randomBytes(61);
    const { assetId } = await uploadBytes(bytes);
    expect(await simulator.storedSha256(assetId)).toBe(sha256(bytes));
  });

  it('returns the number of duplicates in a report', async () => {
    const { uploadId, urls } = await open(3 * MiB);
    const proofs = await Promise.all([1, 2].map((n) => put(urls.get(n), randomBytes(MiB))));
    const both = proofs.map((proof, i) => completed(i + 1, proof, MiB));
    await client.multipartUpload.reportChunkBatch(uploadId, { completedChunks: both.slice(0, 1) });
    const second = await client.multipartUpload.reportChunkBatch(uploadId, {
      completedChunks: both,
    });
    expect(second).toMatchObject({ processedChunks: 1, duplicateChunks: 1, totalCompleted: 2 });
    expect(second.url).toBeUndefined();
  });

  it('sees an asset processing, then ready with its size', async () => {
    simulator.switches.assetReadyAfterMs = Number.POSITIVE_INFINITY;
    const { assetId } = await uploadBytes(randomBytes(3));
    expect((await client.assets.retrieve(assetId)).status).toBe('processing');
    simulator.makeReady(assetId);
    expect(await client.assets.retrieve(assetId)).toMatchObject({
      id: assetId,
      method: 'multipart',
      status: 'ready',
      size: 3,
    });
  });

  it("sees a failed asset with the service's own text", async () => {
    simulator.switches.assetFailure = 'The file has no video stream.';
    const { assetId } = await uploadBytes(randomBytes(3));
    const asset = await client.assets.retrieve(assetId);
    expect(asset).toMatchObject({
      status: 'failed',
      error: { message: 'The file has no video stream.' },
    });
  });

  it('finds assets by id, type and part of the filename, and deletes one', async () => {
    const { assetId } = await uploadBytes(randomBytes(3));
    const find = async () =>
      (
        await client.assets.list({
          assetIds: [assetId, 'another'],
          assetTypes: ['video'],
          filename: 'FILM',
        })
      ).data.map((asset) => asset.id);
    expect(await find()).toEqual([assetId]);
    await client.assets.delete(assetId);
    expect(await find()).toEqual([]);
  });

  it('throws its BadRequestError for a parameter that is invalid', async () => {
    const error = await thrownBy(open(0));
    expect(error).toBeInstanceOf(TwelvelabsApi.BadRequestError);
    expect(error.body).toMatchObject({ code: 'parameter_invalid' });
  });

  it('throws its NotFoundError for an unknown upload', async () => {
    const error = await thrownBy(client.multipartUpload.getStatus('507f1f77bcf86cd799439011'));
    expect(error).toBeInstanceOf(TwelvelabsApi.NotFoundError);
    expect(error.body).toMatchObject({ code: 'resource_not_exist' });
  });

  it('throws its ForbiddenError for a scripted 403', async () => {
    simulator.faults.add({ on: 'create', kind: 'status', status: 403 });
    const error = await thrownBy(open(1));
    expect(error).toBeInstanceOf(TwelvelabsApi.ForbiddenError);
    expect(error.body).toMatchObject({ code: 'api_not_allowed' });
  });

  it('throws its generic error with status 401 for a wrong key', async () => {
    client = clientOf(simulator.baseUrl, 'tlk_another');
    const error = await thrownBy(open(1));
    expect(error.statusCode).toBe(401);
    expect(error.body).toMatchObject({ code: 'api_key_invalid' });
  });

  it('fails at once when the reply to create is lost, leaving an orphan session', async () => {
    simulator.faults.add({ on: 'create', kind: 'lost-reply' });
    await expect(open(1)).rejects.toThrow('fetch failed');
    expect(simulator.sessions()).toHaveLength(1);
  });
});
