import type { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createS3Client } from '#src/aws/s3/client.ts';
import { createS3Clients, type S3ClientOf } from '#src/aws/s3/clients.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { closeAgent, createAgent, type HttpAgent } from '#src/http/undici.ts';

const own = { accessKeyId: 'own', secretAccessKey: 'x' };
const reader = { accessKeyId: 'reader', secretAccessKey: 'x' };

let agent: HttpAgent;
let opened: (string | undefined)[];
let clientOf: S3ClientOf;
beforeEach(() => {
  agent = createAgent();
  opened = [];
  clientOf = createS3Clients({
    open: (region, credentials = own) => {
      opened.push(region);
      return createS3Client({ agent, region: region ?? 'us-east-1', credentials });
    },
    credentialsOf: (account) => {
      if (account === '444455556666') return reader;
      throw new TransferError('SourceNotConfiguredError', account);
    },
  });
});
afterEach(() => closeAgent(agent));

const keyOf = async ({ config }: S3Client) => (await config.credentials()).accessKeyId;

describe('the client of a place', () => {
  it('is created once and cached', () => {
    const place = { account: '444455556666', region: 'eu-west-1' };
    expect(clientOf(place)).toBe(clientOf({ ...place }));
    expect(opened).toEqual(['eu-west-1']);
  });

  it('differs by Region and by account', () => {
    const clients = [
      clientOf({}),
      clientOf({ region: 'eu-west-1' }),
      clientOf({ account: '444455556666' }),
      clientOf({ account: '444455556666', region: 'eu-west-1' }),
    ];
    expect(new Set(clients).size).toBe(4);
  });

  it('uses the Region of the source', async () => {
    expect(await clientOf({ region: 'eu-west-1' }).config.region()).toBe('eu-west-1');
  });

  it("has the credentials of its account's reader, or this stack's own", async () => {
    expect(await keyOf(clientOf({ account: '444455556666' }))).toBe('reader');
    expect(await keyOf(clientOf({ region: 'eu-west-1' }))).toBe('own');
  });

  it('is rejected if its account has no reader', () => {
    expect(() => clientOf({ account: '999999999999' })).toThrow(TransferError);
    expect(opened).toEqual([]);
  });
});

describe('more than 32 places', () => {
  const fill = (count: number) => {
    for (let i = 0; i < count; i++) clientOf({ region: `region-${i}` });
  };

  it('replace the least recently used client, and no other', () => {
    fill(32);
    clientOf({ region: 'region-0' });
    clientOf({ region: 'one-more' });
    expect(opened).toHaveLength(33);
    clientOf({ region: 'region-0' });
    expect(opened).toHaveLength(33);
    clientOf({ region: 'region-1' });
    expect(opened).toHaveLength(34);
  });
});
