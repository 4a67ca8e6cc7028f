import { describe, expect, it } from 'vitest';
import { createSourceProbe } from '#src/aws/s3/source-probe.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { films, listing, probe, rejection, resetEachTest, s3 } from './source-probe-harness.ts';

resetEachTest();

describe('a source', () => {
  it('passes if its prefix can be listed and one byte can be read', async () => {
    expect(await probe(films)).toEqual([
      { check: 'source: list "s3://films/in/" (s3:ListBucket)', ok: true },
      {
        check:
          'source: read "s3://films/in/a.mp4" (s3:GetObject, s3:GetObjectVersion, kms:Decrypt)',
        ok: true,
      },
    ]);
    expect(s3.requests).toEqual([
      'GET /films/?list-type=2&prefix=in%2F&max-keys=20',
      'HEAD /films/in/a.mp4',
      'GET /films/in/a.mp4?x-id=GetObject&versionId=v1',
    ]);
  });

  it('is checked in its own account and Region', async () => {
    await probe({ ...films, account: '444455556666', region: 'eu-west-1' });
    for (const place of s3.places) {
      expect(place).toMatchObject({ account: '444455556666', region: 'eu-west-1' });
    }
    expect(s3.places).toHaveLength(3);
  });

  it('is read with an object that it matches, before any other', async () => {
    s3.answers.list = { body: listing([{ key: 'in/notes.txt' }, { key: 'in/b.MP4' }]) };
    const [, read] = await probe({ ...films, suffixes: ['.mp4'] });
    expect(read?.check).toContain('in/b.MP4');
  });

  it('reports that reading was not checked if no object has bytes', async () => {
    const archived = { key: 'in/old.mp4', storage: 'DEEP_ARCHIVE' };
    s3.answers.list = { body: listing([{ key: 'in/', size: 0 }, archived]) };
    expect((await probe(films))[1]).toEqual({
      check: 'source: read below "s3://films/in/" (s3:GetObject, s3:GetObjectVersion, kms:Decrypt)',
      ok: true,
      problem: 'no object with bytes was found below "s3://films/in/", and reading was not checked',
      nextStep: 'Put a file there and run the preflight again.',
    });
  });

  it('names s3:ListBucket and the bucket if listing is denied', async () => {
    s3.answers.list = rejection(403, 'AccessDenied', 'not authorized to perform: s3:ListBucket');
    expect((await probe(films))[0]).toEqual({
      check: 'source: list "s3://films/in/" (s3:ListBucket)',
      ok: false,
      problem:
        'S3 denied listing the bucket "films": AccessDenied (403): not authorized to perform: s3:ListBucket',
      nextStep:
        "Allow s3:ListBucket on the bucket films for the function's role; the bucket's own policy must not deny it. If the bucket has Requester Pays, set requestPayer for this source instead.",
    });
  });

  it('with Requester Pays names the option if it is not set', async () => {
    s3.isRequesterPays = true;
    const [listed] = await probe(films);
    expect(listed).toMatchObject({
      ok: false,
      nextStep:
        'Listing succeeds if the requester pays: set requestPayer for this source and deploy.',
    });
  });

  it('with Requester Pays passes with the option', async () => {
    s3.isRequesterPays = true;
    const findings = await probe({ ...films, requestPayer: true });
    expect(findings.map(({ ok }) => ok)).toEqual([true, true]);
  });

  it('with Requester Pays and a denied listing misses nothing, and reports that reading was not checked', async () => {
    s3.answers.list = rejection(403, 'AccessDenied', 'Access Denied');
    const found = await probe({ ...films, requestPayer: true });
    expect(found.map(({ ok }) => ok)).toEqual([true, true]);
    expect(found.map(({ nextStep }) => nextStep).join(' ')).not.toContain('Allow s3:ListBucket');
    expect(found[0]?.nextStep).toContain(
      'allow a paying requester to read objects and not to list them',
    );
    expect(found[1]?.problem).toBe('listing failed, and the check had no object to read');
  });

  it('is checked below each prefix', async () => {
    const found = await probe({ ...films, prefixes: ['in/', 'other/'] });
    expect(found.map(({ check }) => check)).toEqual([
      'source: list "s3://films/in/" (s3:ListBucket)',
      'source: read "s3://films/in/a.mp4" (s3:GetObject, s3:GetObjectVersion, kms:Decrypt)',
      'source: list "s3://films/other/" (s3:ListBucket)',
      'source: read "s3://films/in/a.mp4" (s3:GetObject, s3:GetObjectVersion, kms:Decrypt)',
    ]);
  });

  it('names its second prefix if that listing is denied', async () => {
    s3.deniedPrefix = 'other/';
    const found = await probe({ ...films, prefixes: ['in/', 'other/'] });
    expect(found.filter(({ ok }) => !ok).map(({ check }) => check)).toEqual([
      'source: list "s3://films/other/" (s3:ListBucket)',
    ]);
  });

  it('is checked below the first 20 prefixes, and reports the bound', async () => {
    const prefixes = Array.from({ length: 23 }, (_, n) => `season-${n}/`);
    const found = await probe({ ...films, prefixes }, true);
    expect(s3.requests.filter((line) => line.includes('list-type=2'))).toHaveLength(20);
    expect(found.at(-2)).toEqual({
      check: 'source: all prefixes of bucket films',
      ok: true,
      problem: 'only the first 20 of 23 prefixes were checked',
      nextStep: 'Start one transfer by hand below each of the others.',
    });
  });

  it("of another account names that account's reader role if listing is denied", async () => {
    s3.answers.list = rejection(403, 'AccessDenied');
    const [listed] = await probe({ ...films, account: '444455556666' });
    expect(listed?.nextStep).toContain('for the reader role of 444455556666');
  });

  it('names s3:GetObject and the object if only reading is denied', async () => {
    s3.answers.head = { status: 403 };
    s3.answers.get = rejection(403, 'AccessDenied', 'not authorized to perform: s3:GetObject');
    expect((await probe(films))[1]).toMatchObject({
      check: 'source: read "s3://films/in/a.mp4" (s3:GetObject, s3:GetObjectVersion, kms:Decrypt)',
      ok: false,
      problem: expect.stringMatching(/^SourceAccessDeniedError: .*s3:GetObject/),
    });
  });

  it('reports denied versions', async () => {
    s3.answers.get = rejection(
      403,
      'AccessDenied',
      'not authorized to perform: s3:GetObjectVersion',
    );
    expect((await probe(films))[1]).toMatchObject({
      ok: false,
      problem: expect.stringContaining('s3:GetObjectVersion'),
    });
  });

  it('N19: reports denied versions only, without the general causes', async () => {
    s3.answers.get = rejection(403, 'AccessDenied', 'Access Denied');
    s3.unversioned = { status: 206, body: 'f', headers: { etag: '"e"' } };
    expect((await probe(films))[1]).toMatchObject({
      ok: false,
      nextStep: expect.stringMatching(/^A read without a version succeeds[^;]*$/),
    });
  });

  it('names a denied key', async () => {
    const key = 'arn:aws:kms:us-east-1:111122223333:key/0b1c2d3e-0000-4000-8000-000000000000';
    s3.answers.get = rejection(
      403,
      'AccessDenied',
      `not authorized: kms:Decrypt on resource: ${key}`,
    );
    expect((await probe(films))[1]).toMatchObject({
      ok: false,
      problem: expect.stringContaining(`S3 denied kms:Decrypt with the key ${key} on`),
      nextStep: expect.stringContaining('kmsKeyArn'),
    });
  });

  it('passes if the object is deleted before its read', async () => {
    s3.answers.get = rejection(404, 'NoSuchKey');
    expect((await probe(films))[1]).toMatchObject({
      ok: true,
      problem: expect.stringContaining('SourceSupersededError'),
    });
  });

  it('in another Region is reported once, with both Regions', async () => {
    const elements = '<Region>eu-west-1</Region>';
    s3.answers.list = rejection(400, 'AuthorizationHeaderMalformed', '', elements);
    expect(await probe({ ...films, region: 'eu-central-1' }, true)).toEqual([
      expect.objectContaining({
        ok: false,
        problem:
          'SourceRegionMismatchError: bucket "films" is in Region eu-west-1, and its source names Region eu-central-1',
      }),
    ]);
  });

  it('that does not exist is reported once, by its name', async () => {
    s3.answers.list = rejection(404, 'NoSuchBucket');
    expect(await probe(films, true)).toEqual([
      expect.objectContaining({
        ok: false,
        problem: 'SourceNotFoundError: bucket "films" does not exist',
        nextStep: "Correct the bucket's name in the configured sources and deploy.",
      }),
    ]);
  });

  it('is reported once, with the role, if STS denies it', async () => {
    const error = new TransferError(
      'SourceRoleRejectedError',
      'AssumeRole was denied for arn:aws:iam::4:role/r',
    );
    const clientFor = () => {
      throw error;
    };
    expect(await createSourceProbe({ clientFor })(films, { withEventNotifications: true })).toEqual(
      [
        expect.objectContaining({
          ok: false,
          problem: 'SourceRoleRejectedError: AssumeRole was denied for arn:aws:iam::4:role/r',
          nextStep: error.nextStep,
        }),
      ],
    );
  });
});
