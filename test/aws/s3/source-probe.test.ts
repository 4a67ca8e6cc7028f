import type { IncomingMessage, ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createS3Client } from '#src/aws/s3/client.ts';
import type { SourcePlace } from '#src/aws/s3/clients.ts';
import { createSourceProbe } from '#src/aws/s3/source-probe.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import type { Source } from '#src/core/source/sources.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import { startServer } from '../../http/http-server.ts';

interface Answer {
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

/** One file in a bucket with the EventBridge setting on, and every permission. */
const good = {
  list: { body: listing([{ key: 'in/a.mp4' }]) },
  head: { headers: { etag: '"e"', 'content-length': '5', 'x-amz-version-id': 'v1' } },
  get: {
    status: 206,
    body: 'f',
    headers: { etag: '"e"', 'content-range': 'bytes 0-0/5', 'x-amz-version-id': 'v1' },
  },
  notification: { body: notifications('<EventBridgeConfiguration/>') },
};

type Answers = Record<keyof typeof good, Answer>;

/** The reply to a GET without a version, if it differs. */
let unversioned: Answer | undefined;

/** The prefix whose listing is denied, if any. */
let denied: string | undefined;

/** Whether the bucket denies requests that do not accept the charge. */
let isRequesterPays: boolean;

let answers: Answers;
/** The requests: method, path with query. */
let asked: string[];
/** The places of the used clients. */
let places: SourcePlace[];
beforeEach(() => {
  [answers, asked, places, unversioned] = [{ ...good }, [], [], undefined];
  isRequesterPays = false;
  denied = undefined;
});

function listing(objects: readonly { key: string; size?: number; storage?: string }[]): string {
  const contents = objects.map(
    ({ key, size = 5, storage = 'STANDARD' }) =>
      `<Contents><Key>${key}</Key><Size>${size}</Size><StorageClass>${storage}</StorageClass></Contents>`,
  );
  return `<ListBucketResult>${contents.join('')}</ListBucketResult>`;
}

function notifications(content: string): string {
  return `<NotificationConfiguration>${content}</NotificationConfiguration>`;
}

function refusal(status: number, code: string, message = '', elements = ''): Answer {
  return {
    status,
    body: `<Error><Code>${code}</Code><Message>${message}</Message>${elements}</Error>`,
    headers: { 'content-type': 'application/xml' },
  };
}

function reply(
  { method, url = '', headers: sent }: IncomingMessage,
  response: ServerResponse,
): void {
  asked.push(`${method} ${url}`);
  const kind = /list-type=2/.test(url)
    ? 'list'
    : /[?&]notification/.test(url)
      ? 'notification'
      : (method?.toLowerCase() as 'head' | 'get');
  const isUnversioned = kind === 'get' && !url.includes('versionId=');
  const isUnpaid = isRequesterPays && sent['x-amz-request-payer'] !== 'requester';
  const isDenied = denied !== undefined && url.includes(`prefix=${encodeURIComponent(denied)}`);
  const answer =
    isUnpaid || isDenied
      ? refusal(403, 'AccessDenied', 'Access Denied')
      : isUnversioned
        ? (unversioned ?? answers.get)
        : answers[kind];
  const { status = 200, body = '', headers = {} } = answer;
  response.writeHead(status, headers).end(method === 'HEAD' ? undefined : body);
}

async function probe(source: Source, withEventNotifications = false) {
  const server = await startServer(reply);
  const agent = createAgent({ headersTimeoutMs: 10_000, bodyTimeoutMs: 10_000 });
  onTestFinished(async () => {
    await closeAgent(agent);
    await server.close();
  });
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const at = { agent, endpoint: server.origin, forcePathStyle: true, region: 'us-east-1' };
  const clientFor = (place: SourcePlace) => {
    places.push(place);
    return createS3Client({ ...at, credentials });
  };
  return createSourceProbe({ clientFor })(source, { withEventNotifications });
}

const films: Source = { bucket: 'films', prefixes: ['in/'] };

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
    expect(asked).toEqual([
      'GET /films/?list-type=2&prefix=in%2F&max-keys=20',
      'HEAD /films/in/a.mp4',
      'GET /films/in/a.mp4?x-id=GetObject&versionId=v1',
    ]);
  });

  it('is checked in its own account and Region', async () => {
    await probe({ ...films, account: '444455556666', region: 'eu-west-1' });
    for (const place of places) {
      expect(place).toMatchObject({ account: '444455556666', region: 'eu-west-1' });
    }
    expect(places).toHaveLength(3);
  });

  it('is read with an object that it matches, before any other', async () => {
    answers.list = { body: listing([{ key: 'in/notes.txt' }, { key: 'in/b.MP4' }]) };
    const [, read] = await probe({ ...films, suffixes: ['.mp4'] });
    expect(read?.check).toContain('in/b.MP4');
  });

  it('reports that reading was not checked if no object has bytes', async () => {
    const archived = { key: 'in/old.mp4', storage: 'DEEP_ARCHIVE' };
    answers.list = { body: listing([{ key: 'in/', size: 0 }, archived]) };
    expect((await probe(films))[1]).toEqual({
      check: 'source: read below "s3://films/in/" (s3:GetObject, s3:GetObjectVersion, kms:Decrypt)',
      ok: true,
      problem: 'no object with bytes was found below "s3://films/in/", and reading was not checked',
      nextStep: 'Put a file there and run the preflight again.',
    });
  });

  it('names s3:ListBucket and the bucket if listing is denied', async () => {
    answers.list = refusal(403, 'AccessDenied', 'not authorized to perform: s3:ListBucket');
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
    isRequesterPays = true;
    const [listed] = await probe(films);
    expect(listed).toMatchObject({
      ok: false,
      nextStep:
        'Listing succeeds if the requester pays: set requestPayer for this source and deploy.',
    });
  });

  it('with Requester Pays passes with the option', async () => {
    isRequesterPays = true;
    const findings = await probe({ ...films, requestPayer: true });
    expect(findings.map(({ ok }) => ok)).toEqual([true, true]);
  });

  it('with Requester Pays and a denied listing misses nothing, and reports that reading was not checked', async () => {
    answers.list = refusal(403, 'AccessDenied', 'Access Denied');
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
    denied = 'other/';
    const found = await probe({ ...films, prefixes: ['in/', 'other/'] });
    expect(found.filter(({ ok }) => !ok).map(({ check }) => check)).toEqual([
      'source: list "s3://films/other/" (s3:ListBucket)',
    ]);
  });

  it('is checked below the first 20 prefixes, and reports the bound', async () => {
    const prefixes = Array.from({ length: 23 }, (_, n) => `season-${n}/`);
    const found = await probe({ ...films, prefixes }, true);
    expect(asked.filter((line) => line.includes('list-type=2'))).toHaveLength(20);
    expect(found.at(-2)).toEqual({
      check: 'source: all prefixes of bucket films',
      ok: true,
      problem: 'only the first 20 of 23 prefixes were checked',
      nextStep: 'Start one transfer by hand below each of the others.',
    });
  });

  it("of another account names that account's reader role if listing is denied", async () => {
    answers.list = refusal(403, 'AccessDenied');
    const [listed] = await probe({ ...films, account: '444455556666' });
    expect(listed?.nextStep).toContain('for the reader role of 444455556666');
  });

  it('names s3:GetObject and the object if only reading is denied', async () => {
    answers.head = { status: 403 };
    answers.get = refusal(403, 'AccessDenied', 'not authorized to perform: s3:GetObject');
    expect((await probe(films))[1]).toMatchObject({
      check: 'source: read "s3://films/in/a.mp4" (s3:GetObject, s3:GetObjectVersion, kms:Decrypt)',
      ok: false,
      problem: expect.stringMatching(/^SourceAccessDeniedError: .*s3:GetObject/),
    });
  });

  it('reports denied versions', async () => {
    answers.get = refusal(403, 'AccessDenied', 'not authorized to perform: s3:GetObjectVersion');
    expect((await probe(films))[1]).toMatchObject({
      ok: false,
      problem: expect.stringContaining('s3:GetObjectVersion'),
    });
  });

  it('N19: reports denied versions only, without the general causes', async () => {
    answers.get = refusal(403, 'AccessDenied', 'Access Denied');
    unversioned = { status: 206, body: 'f', headers: { etag: '"e"' } };
    expect((await probe(films))[1]).toMatchObject({
      ok: false,
      nextStep: expect.stringMatching(/^A read without a version succeeds[^;]*$/),
    });
  });

  it('names a denied key', async () => {
    const key = 'arn:aws:kms:us-east-1:111122223333:key/0b1c2d3e-0000-4000-8000-000000000000';
    answers.get = refusal(403, 'AccessDenied', `not authorized: kms:Decrypt on resource: ${key}`);
    expect((await probe(films))[1]).toMatchObject({
      ok: false,
      problem: expect.stringContaining(`S3 denied kms:Decrypt with the key ${key} on`),
      nextStep: expect.stringContaining('kmsKeyArn'),
    });
  });

  it('passes if the object is deleted before its read', async () => {
    answers.get = refusal(404, 'NoSuchKey');
    expect((await probe(films))[1]).toMatchObject({
      ok: true,
      problem: expect.stringContaining('SourceSupersededError'),
    });
  });

  it('in another Region is reported once, with both Regions', async () => {
    const elements = '<Region>eu-west-1</Region>';
    answers.list = refusal(400, 'AuthorizationHeaderMalformed', '', elements);
    expect(await probe({ ...films, region: 'eu-central-1' }, true)).toEqual([
      expect.objectContaining({
        ok: false,
        problem:
          'SourceRegionMismatchError: bucket "films" is in Region eu-west-1, and its source names Region eu-central-1',
      }),
    ]);
  });

  it('that does not exist is reported once, by its name', async () => {
    answers.list = refusal(404, 'NoSuchBucket');
    expect(await probe(films, true)).toEqual([
      expect.objectContaining({
        ok: false,
        problem: 'SourceNotFoundError: bucket "films" does not exist',
        nextStep: "Correct the bucket's name in the configured sources and deploy.",
      }),
    ]);
  });

  it('is reported once, with the role, if STS denies it', async () => {
    const error = new TransferError('SourceRoleRefusedError', 'STS refuses arn:aws:iam::4:role/r');
    const clientFor = () => {
      throw error;
    };
    expect(await createSourceProbe({ clientFor })(films, { withEventNotifications: true })).toEqual(
      [
        expect.objectContaining({
          ok: false,
          problem: 'SourceRoleRefusedError: STS refuses arn:aws:iam::4:role/r',
          nextStep: error.nextStep,
        }),
      ],
    );
  });
});

describe("a bucket's EventBridge setting", () => {
  const check = 'source: bucket films sends its events to EventBridge';

  it('may be on', async () => {
    expect((await probe(films, true))[2]).toEqual({ check, ok: true });
  });

  it('is checked even if listing is denied', async () => {
    answers.list = refusal(403, 'AccessDenied');
    expect((await probe(films, true)).at(-1)).toEqual({ check, ok: true });
  });

  it('that is off is reported with its place in the console and the command', async () => {
    answers.notification = { body: notifications('') };
    expect((await probe({ ...films, region: 'eu-west-1' }, true))[2]).toEqual({
      check,
      ok: false,
      problem: 'the setting is off: no new object starts a transfer',
      nextStep: `In the S3 console: bucket films, Properties, Amazon EventBridge, Edit, On. Or: aws s3api put-bucket-notification-configuration --bucket films --region eu-west-1 --notification-configuration '{"EventBridgeConfiguration":{}}'`,
    });
  });

  it('that is off is reported without a command if it would replace other notifications', async () => {
    const queue =
      '<QueueConfiguration><Id>q</Id><Queue>arn:aws:sqs:us-east-1:1:q</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration>';
    answers.notification = { body: notifications(queue) };
    const [, , found] = await probe(films, true);
    expect(found?.ok).toBe(false);
    expect(found?.nextStep).toContain('The console keeps the 1 other notifications');
    expect(found?.nextStep).not.toContain('--bucket');
  });

  it('that is unreadable causes a note with s3:GetBucketNotification', async () => {
    answers.notification = refusal(403, 'AccessDenied', 'no');
    expect((await probe(films, true))[2]).toMatchObject({
      check,
      ok: true,
      problem: 'reading the setting failed: AccessDenied (403): no',
      nextStep: expect.stringContaining('s3:GetBucketNotification on the bucket films'),
    });
  });

  it('is checked on request only', async () => {
    await probe(films, false);
    expect(asked.filter((line) => line.includes('notification'))).toEqual([]);
  });
});
