import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSelfCommunity } from '#local/simulators/selfcommunity/server.ts';
import type { SelfCommunityOptions } from '#local/simulators/selfcommunity/switches.ts';
import { type Mode, modes } from '#src/destinations/selfcommunity/settings.ts';
import { failureOf } from '../../http/served-transport.ts';
import { call, createUploader, Upload } from './uploader.ts';

async function open(mode: Mode, options: SelfCommunityOptions = {}) {
  const service = await startSelfCommunity({ mode, ...options });
  onTestFinished(() => service.close());
  const { baseUrl } = service;
  const uploader = createUploader({ baseUrl, mode, secret: service.token() });
  return { service, uploader };
}

const bytes = randomBytes(204_800 + 5);

describe.each(modes)('in the mode %s', (mode) => {
  it.each(['text', 'number'] as const)(
    'an upload completes with the offset as %s',
    async (offset) => {
      const { service, uploader } = await open(mode, { offset });
      const upload = await Upload.open(uploader, bytes);
      await upload.send();
      expect(service.storedSha256(await upload.finish())).toBe(upload.sha256);
    },
  );

  // Reported as jkeifer/drf-chunked-upload#30 and #34.
  it('a repeated chunk counts as sent, also if the reply has expected_offset', async () => {
    const { service, uploader } = await open(mode);
    uploader.intercept = (_, reply) => ({
      ...reply,
      text: reply.status === 400 ? reply.text.replace('"offset"', '"expected_offset"') : reply.text,
    });
    const upload = await Upload.open(uploader, bytes);
    await upload.send(1, 1, 2);
    expect(service.storedSha256(await upload.finish())).toBe(upload.sha256);
  });

  it('each chunk names its range, and all but the first the upload', async () => {
    const { service, uploader } = await open(mode);
    const upload = await Upload.open(uploader, bytes);
    await upload.send();
    expect(service.calls.map(({ range }) => range)).toEqual([
      'bytes 0-204799/204805',
      'bytes 204800-204804/204805',
    ]);
    expect(service.uploads()).toHaveLength(1);
  });

  it('an unknown upload is expired, also if the reply is a page', async () => {
    const { service, uploader } = await open(mode);
    const upload = await Upload.open(uploader, bytes);
    await upload.send(1);
    service.forgetUploads();
    expect((await failureOf(upload.send(2))).name).toBe('SessionExpiredError');
    const status = await uploader.destination.sessionStatus(upload.session, call);
    expect(status.phase).toBe('expired');
  });

  it('asking for the state of an upload adds nothing to it', async () => {
    const { service, uploader } = await open(mode);
    const upload = await Upload.open(uploader, bytes);
    await upload.send(1);
    const status = await uploader.destination.sessionStatus(upload.session, call);
    expect([status.phase, service.uploads()[0]?.offset]).toEqual(['active', 204_800]);
  });

  it('doctor needs a valid token, and creates nothing', async () => {
    const { service, uploader } = await open(mode);
    await uploader.destination.checkAccess?.(call);
    service.faults.add({ on: 'media', kind: 'expire-token' });
    const checked = uploader.destination.checkAccess?.(call) as Promise<void>;
    expect((await failureOf(checked)).name).toBe('CredentialsRejectedError');
    expect([service.uploads(), service.media()]).toEqual([[], []]);
  });
});

describe('the fields of a form', () => {
  it.each<[Mode, string, string, string, string]>([
    ['documented', 'photo.jpg', 'image/jpeg', 'image', 'image'],
    ['documented', 'paper.pdf', 'application/pdf', 'document', 'doc'],
    ['library', 'photo.jpg', 'image/jpeg', 'file', 'image'],
    ['library', 'paper.pdf', 'application/pdf', 'file', 'doc'],
  ])('in the mode %s of %s', async (mode, key, contentType, field, type) => {
    const { service, uploader } = await open(mode);
    const upload = await Upload.open(uploader, bytes, key, contentType);
    await upload.send();
    await upload.finish();
    expect([service.uploads()[0]?.field, service.media()[0]?.type]).toEqual([field, type]);
  });
});

it('a page in place of the API is a wrong base URL for doctor', async () => {
  const { service, uploader } = await open('documented');
  service.faults.add({ on: 'media', kind: 'page', status: 404 });
  const checked = uploader.destination.checkAccess?.(call) as Promise<void>;
  expect((await failureOf(checked)).name).toBe('ConfigurationError');
});
