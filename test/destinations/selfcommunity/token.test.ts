import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSelfCommunity } from '#local/simulators/selfcommunity/server.ts';
import type { SelfCommunityOptions } from '#local/simulators/selfcommunity/switches.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { failureOf } from '../../http/served-transport.ts';
import { call, createUploader, Upload } from './uploader.ts';

/** Starts the service, and the adapter with the stored secret. */
async function open(options: SelfCommunityOptions = {}, secretOf?: (token: string) => string) {
  const service = await startSelfCommunity(options);
  onTestFinished(() => service.close());
  const secret = secretOf ? secretOf(service.token()) : service.secret();
  const { baseUrl } = service;
  const uploader = createUploader({ baseUrl, mode: 'documented', secret });
  const refreshes = () => service.calls.filter(({ operation }) => operation === 'token').length;
  const asked = () => uploader.destination.assetStatus('1', call);
  return { service, uploader, refreshes, asked };
}

const twoChunks = 204_800 + 7;

describe('an expired access token', () => {
  it('is refreshed between two chunks, and no chunk is sent twice', async () => {
    const { service, uploader, refreshes } = await open();
    const upload = await Upload.open(uploader, randomBytes(twoChunks));
    await upload.send(1);
    service.faults.add({ on: 'chunk', kind: 'expire-token' });
    await upload.send(2);
    const id = await upload.finish();
    expect(service.storedSha256(id)).toBe(upload.sha256);
    expect([refreshes(), service.uploads().length]).toEqual([1, 1]);
  });

  it('is refreshed once for calls at the same time (opencode#49439)', async () => {
    const { service, refreshes, asked } = await open({ rotatesRefreshToken: true });
    service.faults.add({ on: 'media', kind: 'expire-token' });
    const answers = await Promise.all(Array.from({ length: 12 }, asked));
    expect(new Set(answers.map(({ phase }) => phase))).toEqual(new Set(['missing']));
    expect(refreshes()).toBe(1);
  });

  it('is refreshed again with the rotated token, and the log says that the secret is outdated', async () => {
    const { service, uploader, refreshes, asked } = await open({ rotatesRefreshToken: true });
    for (const _ of [1, 2]) {
      service.faults.add({ on: 'media', kind: 'expire-token' });
      await asked();
    }
    expect(refreshes()).toBe(2);
    expect(uploader.logged.map(({ message }) => message)).toContain(
      'refresh token rotated, the secret is outdated',
    );
  });

  it('names the rejected refresh if its reply was lost and the token had rotated (opik#8287)', async () => {
    const { service, uploader, asked } = await open({ rotatesRefreshToken: true });
    service.faults.add({ on: 'media', kind: 'expire-token' });
    service.faults.add({ on: 'token', kind: 'lost-reply' });
    expect((await failureOf(asked())).name).toBe('NetworkError');
    service.faults.add({ on: 'media', kind: 'expire-token' });
    const error = await failureOf(asked());
    expect(error).toMatchObject({ name: 'CredentialsRejectedError', status: 400 });
    expect(error.message).toContain('its refresh was rejected (400 invalid_grant)');
    const printed = JSON.stringify([error.message, uploader.logged]);
    const { refreshToken, clientSecret } = JSON.parse(service.secret());
    for (const secret of [service.token(), refreshToken, clientSecret])
      expect(printed).not.toContain(secret);
  });

  it('ends the call if the secret is the token alone, and says what to store', async () => {
    const { service, refreshes, asked } = await open({}, (token) => token);
    service.faults.add({ on: 'media', kind: 'expire-token' });
    const error = await failureOf(asked());
    expect(error.name).toBe('CredentialsRejectedError');
    expect(error.message).toContain('the secret has no refresh token. Store a new access token');
    expect(refreshes()).toBe(0);
  });
});

describe('the completion of an upload', () => {
  it('is not repeated after a lost reply, and names what to check (vm0#28100)', async () => {
    const { service, uploader } = await open();
    const upload = await Upload.open(uploader, randomBytes(twoChunks));
    await upload.send();
    service.faults.add({ on: 'complete', kind: 'lost-reply' });
    const error = await failureOf(upload.finish());
    expect(error).toBeInstanceOf(TransferError);
    expect(error.name).toBe('CompletionUnknownError');
    expect(service.media()).toHaveLength(1);
  });

  it('rejects an upload that lacks a chunk, without a call', async () => {
    const { service, uploader } = await open();
    const upload = await Upload.open(uploader, randomBytes(twoChunks));
    await upload.send(1);
    const error = await failureOf(upload.finish());
    expect(error.message).toContain('with 1 proofs: must have 2');
    expect(service.calls.filter(({ operation }) => operation === 'complete')).toEqual([]);
  });
});
