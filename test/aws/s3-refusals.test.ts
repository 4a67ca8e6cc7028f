import type { RequestListener } from 'node:http';

import { describe, expect, it, onTestFinished } from 'vitest';
import { startServer } from '../http/http-server.ts';
import { failureOf } from '../http/served-transport.ts';
import { readerOf } from './s3-fixture.ts';

const film = { bucket: 'films', key: 'film.mp4', region: 'eu-central-1' };
const keyArn = 'arn:aws:kms:eu-west-1:444455556666:key/0b1c2d3e-0000-4000-8000-000000000000';

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message?: string;
  /** More elements of the error. */
  readonly elements?: string;
  readonly headers?: Record<string, string>;
}

/** What an object is refused with when S3 answers so: to the HEAD without a body, then to the GET. */
async function refusedBy({ status, code, message = '', elements = '', headers = {} }: Refusal) {
  const answer: RequestListener = ({ method }, response) => {
    const xml = `<Error><Code>${code}</Code><Message>${message}</Message>${elements}</Error>`;
    response.writeHead(status, { 'content-type': 'application/xml', ...headers });
    response.end(method === 'HEAD' ? undefined : xml);
  };
  const server = await startServer(answer);
  const { reader, close } = readerOf(server.origin);
  onTestFinished(async () => {
    await close();
    await server.close();
  });
  return failureOf(reader.inspect(film));
}

describe('a bucket in another Region', () => {
  const told = 'bucket "films" is in the Region eu-west-1; its source names eu-central-1';

  it.each<[string, Refusal]>([
    [
      'the header of a redirect',
      {
        status: 301,
        code: 'PermanentRedirect',
        headers: { 'x-amz-bucket-region': 'eu-west-1' },
      },
    ],
    [
      "the error's own Region",
      {
        status: 400,
        code: 'AuthorizationHeaderMalformed',
        elements: '<Region>eu-west-1</Region>',
      },
    ],
    [
      'the header of a Region that must be opted into',
      {
        status: 400,
        code: 'IllegalLocationConstraintException',
        headers: { 'x-amz-bucket-region': 'eu-west-1' },
      },
    ],
  ])('is named by %s', async (_, refusal) => {
    expect(await refusedBy(refusal)).toMatchObject({
      name: 'SourceRegionMismatchError',
      disposition: 'fail',
      message: told,
    });
  });

  it('is told also where S3 does not say in which', async () => {
    expect(await refusedBy({ status: 301, code: 'PermanentRedirect' })).toMatchObject({
      name: 'SourceRegionMismatchError',
      message: 'bucket "films" is in another Region; its source names eu-central-1',
    });
  });
});

describe('a KMS key that may not be used', () => {
  const role = `User: arn:aws:sts::111122223333:assumed-role/${'r'.repeat(64)}/${'s'.repeat(64)}`;

  it('is named, however late it comes in what S3 says', async () => {
    const message = `${role} is not authorized to perform: kms:Decrypt because ${'x '.repeat(60)} on resource: ${keyArn} with an explicit deny`;
    expect(await refusedBy({ status: 403, code: 'AccessDenied', message })).toMatchObject({
      name: 'SourceAccessDeniedError',
      message: expect.stringContaining(
        `the key ${keyArn} that encrypts "s3://films/film.mp4" may not be used: AccessDenied (403)`,
      ),
    });
  });

  it('is told where S3 does not name it', async () => {
    const message = `${role} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext`;
    expect(await refusedBy({ status: 403, code: 'AccessDenied', message })).toMatchObject({
      name: 'SourceAccessDeniedError',
      message: expect.stringMatching(/^the key that encrypts .* may not be used/),
    });
  });

  it('is one that is disabled', async () => {
    const message = `${keyArn} is disabled.`;
    const refusal = { status: 400, code: 'KMS.DisabledException', message };
    expect(await refusedBy(refusal)).toMatchObject({
      name: 'SourceAccessDeniedError',
      message: expect.stringContaining(`the key ${keyArn} that encrypts`),
    });
  });
});

it.each(['ExpiredToken', 'InvalidToken'])('%s is a refusal of the credentials', async (code) => {
  expect(await refusedBy({ status: 400, code })).toMatchObject({
    name: 'SourceAccessDeniedError',
    message: expect.stringContaining('S3 refuses these credentials'),
  });
});
