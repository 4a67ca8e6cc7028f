import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { HttpRequest } from '#src/core/ports/transport.ts';
import { maxDocumentBytes } from '#src/destinations/selfcommunity/limits.ts';
import { type Mode, modes } from '#src/destinations/selfcommunity/settings.ts';
import { type Community, findDjango, startCommunity } from '../../django/start-community.ts';
import { call, createUploader, Upload, type Uploader } from './uploader.ts';

const python = await findDjango();

/** The smallest document with four chunks. */
const fourChunks = 3 * 204_800 + 7;

interface Judged {
  readonly community: Community;
  readonly uploader: Uploader;
}

async function open(
  program: string,
  mode: Mode,
  options: { readonly uploadSeconds?: number } = {},
): Promise<Judged> {
  const community = await startCommunity(program, options);
  const { token: secret } = community;
  return {
    community,
    uploader: createUploader({ baseUrl: community.baseUrl(mode), mode, secret }),
  };
}

/** Drops the replies of these requests, counted from 1, after the service has performed them. */
function loseReplies(uploader: Uploader, path: RegExp, ...every: number[]): void {
  let seen = 0;
  uploader.intercept = ({ url }: HttpRequest, reply) => {
    if (path.test(url) && every.includes(++seen))
      throw new TransferError('NetworkError', 'the reply was lost');
    return reply;
  };
}

function describeMode(program: string, mode: Mode): void {
  it('receives every byte of a document of 50 MB, chunk by chunk', async () => {
    const { community, uploader } = await open(program, mode);
    const upload = await Upload.open(uploader, randomBytes(maxDocumentBytes));
    const startedAt = performance.now();
    await upload.send();
    const sentMs = performance.now() - startedAt;
    const id = await upload.finish();
    const seconds = (ms: number) => (ms / 1000).toFixed(1);
    const totalMs = performance.now() - startedAt;
    console.warn(
      `50 MB to django-chunked-upload (${mode}): ${uploader.sent.length} calls, ${seconds(totalMs)} s (chunks ${seconds(sentMs)} s)`,
    );
    expect(upload.session.totalChunks).toBe(245);
    expect(uploader.sent).toHaveLength(246);
    const { media } = await community.judge();
    expect(media).toMatchObject([{ id: Number(id), sha256: upload.sha256, title: 'report.pdf' }]);
    expect(await uploader.destination.assetStatus(id, call)).toEqual({ phase: 'ready' });
  });

  it('continues after lost replies, without a doubled byte', async () => {
    const { community, uploader } = await open(program, mode);
    const upload = await Upload.open(uploader, randomBytes(fourChunks));
    await upload.send(1);
    loseReplies(uploader, /chunk/, 1, 3);
    for (const index of [2, 3]) {
      await expect(upload.send(index)).rejects.toThrow('the reply was lost');
      await upload.send(index);
    }
    await upload.send(4);
    await upload.finish();
    expect((await community.judge()).media).toMatchObject([{ sha256: upload.sha256 }]);
  });

  it('starts another upload if the reply to the first chunk is lost', async () => {
    const { community, uploader } = await open(program, mode);
    const upload = await Upload.open(uploader, randomBytes(fourChunks));
    loseReplies(uploader, /chunk/, 1);
    await expect(upload.send(1)).rejects.toThrow('the reply was lost');
    await upload.send();
    await upload.finish();
    const { media, uploads } = await community.judge();
    expect(media).toMatchObject([{ sha256: upload.sha256 }]);
    expect(uploads).toBe(2);
  });

  it('rejects a wrong offset, which names the bytes that it holds', async () => {
    const { uploader } = await open(program, mode);
    const upload = await Upload.open(uploader, randomBytes(fourChunks));
    await upload.send(1);
    await expect(upload.send(3)).rejects.toMatchObject({
      name: 'ChunkMismatchError',
      message: 'chunk 3 begins at 409600; the service holds 204800 bytes',
    });
  });

  it('no longer knows an upload that has expired', async () => {
    const { uploader } = await open(program, mode, { uploadSeconds: 0.5 });
    const upload = await Upload.open(uploader, randomBytes(fourChunks));
    await upload.send(1);
    await sleep(600);
    await expect(upload.send(2)).rejects.toMatchObject({ name: 'SessionExpiredError' });
    const status = await uploader.destination.sessionStatus(upload.session, call);
    expect(status).toEqual({ phase: 'expired', reason: '410: Upload has expired' });
  });

  it('reports an upload that it does not know as expired, although it answers with a page', async () => {
    const { uploader } = await open(program, mode);
    const upload = await Upload.open(uploader, randomBytes(fourChunks));
    await upload.send(1);
    upload.session = { ...upload.session, uploadId: '0'.repeat(32) };
    await expect(upload.send(2)).rejects.toMatchObject({ name: 'SessionExpiredError' });
    const status = await uploader.destination.sessionStatus(upload.session, call);
    expect(status.phase).toBe('expired');
  });

  it('rejects the MD5 of other bytes, and makes no media', async () => {
    const { community, uploader } = await open(program, mode);
    const upload = await Upload.open(uploader, randomBytes(fourChunks));
    await upload.send();
    await expect(upload.finish('0'.repeat(32))).rejects.toMatchObject({
      name: 'RequestRejectedError',
      message: expect.stringContaining('md5 checksum does not match'),
    });
    expect((await community.judge()).media).toEqual([]);
  });

  it('makes one media if the reply to the completion is lost, and the error says what to check', async () => {
    const { community, uploader } = await open(program, mode);
    const upload = await Upload.open(uploader, randomBytes(fourChunks));
    await upload.send();
    loseReplies(uploader, /complete/, 1);
    await expect(upload.finish()).rejects.toMatchObject({ name: 'CompletionUnknownError' });
    const status = uploader.destination.sessionStatus(upload.session, call);
    await expect(status).rejects.toMatchObject({ name: 'CompletionUnknownError' });
    expect((await community.judge()).media).toMatchObject([{ sha256: upload.sha256 }]);
  });

  it('is not changed by the question for its state', async () => {
    const { community, uploader } = await open(program, mode);
    const upload = await Upload.open(uploader, randomBytes(fourChunks));
    for (const index of [1, 2, 3, 4]) {
      await upload.send(index);
      const status = await uploader.destination.sessionStatus(upload.session, call);
      expect(status.phase).toBe('active');
    }
    await upload.finish();
    expect((await community.judge()).media).toMatchObject([{ sha256: upload.sha256 }]);
  });

  it('rejects a wrong token before it stores a byte', async () => {
    const { community } = await open(program, mode);
    const uploader = createUploader({ baseUrl: community.baseUrl(mode), mode, secret: 'other' });
    const upload = await Upload.open(uploader, randomBytes(fourChunks));
    await expect(upload.send(1)).rejects.toMatchObject({ name: 'CredentialsRejectedError' });
    expect((await community.judge()).uploads).toBe(0);
  });

  it.each(['a "quoted" näme 文.pdf', "line\r\nbreak';.pdf", `${'é'.repeat(250)}.pdf`])(
    'keeps the bytes of a file with the name %j',
    async (name) => {
      const { community, uploader } = await open(program, mode);
      const upload = await Upload.open(uploader, randomBytes(1000), name);
      await upload.send();
      await upload.finish();
      expect((await community.judge()).media).toMatchObject([{ sha256: upload.sha256 }]);
    },
  );
}

describe('the adapter of SelfCommunity at django-chunked-upload', () => {
  if ('program' in python) {
    const { program } = python;
    describe.each(modes)('in the mode "%s"', (mode) => describeMode(program, mode));
  } else {
    it(`is not tried: ${python.missing}`, () => {
      console.warn(`django-chunked-upload is not tried: ${python.missing}`);
      expect(python.missing).not.toBe('');
    });
  }
});
