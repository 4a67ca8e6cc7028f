import type { RequestListener } from 'node:http';

import { describe, expect, it, onTestFinished } from 'vitest';
import type { TransferError } from '#src/core/errors/transfer-error.ts';
import { startServer } from '../../http/http-server.ts';
import { failureOf } from '../../http/served-transport.ts';
import { readerOf } from './s3-fixture.ts';

const film = { bucket: 'films', key: 'film.mp4', region: 'eu-central-1' };
const keyArn = 'arn:aws:kms:eu-west-1:444455556666:key/0b1c2d3e-0000-4000-8000-000000000000';

interface Rejection {
  readonly status: number;
  readonly code: string;
  readonly message?: string;
  /** More elements of the error. */
  readonly elements?: string;
  readonly headers?: Record<string, string>;
}

/** Returns the error of an inspection if S3 replies so to the HEAD, without a body, and to the GET. */
async function rejectedBy({ status, code, message = '', elements = '', headers = {} }: Rejection) {
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
  const expected =
    'bucket "films" is in Region eu-west-1, and its source names Region eu-central-1';

  it.each<[string, Rejection]>([
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
  ])('is named by %s', async (_, rejection) => {
    expect(await rejectedBy(rejection)).toMatchObject({
      name: 'SourceRegionMismatchError',
      disposition: 'fail',
      message: expected,
    });
  });

  it('is reported even if S3 does not name the Region', async () => {
    expect(await rejectedBy({ status: 301, code: 'PermanentRedirect' })).toMatchObject({
      name: 'SourceRegionMismatchError',
      message: 'bucket "films" is in another Region, and its source names Region eu-central-1',
    });
  });
});

describe('a denied KMS key', () => {
  const role = `User: arn:aws:sts::111122223333:assumed-role/${'r'.repeat(64)}/${'s'.repeat(64)}`;

  it('is named, even at the end of a long S3 message', async () => {
    const message = `${role} is not authorized to perform: kms:Decrypt because ${'x '.repeat(60)} on resource: ${keyArn} with an explicit deny`;
    expect(await rejectedBy({ status: 403, code: 'AccessDenied', message })).toMatchObject({
      name: 'SourceAccessDeniedError',
      message: expect.stringContaining(
        `S3 denied kms:Decrypt with the key ${keyArn} on "s3://films/film.mp4"`,
      ),
    });
  });

  it('is reported if S3 does not name it', async () => {
    const message = `${role} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext`;
    expect(await rejectedBy({ status: 403, code: 'AccessDenied', message })).toMatchObject({
      name: 'SourceAccessDeniedError',
      message: expect.stringMatching(
        /^S3 denied kms:Decrypt with the object's KMS key on "s3:\/\/films/,
      ),
    });
  });

  it('may be disabled', async () => {
    const message = `${keyArn} is disabled.`;
    const rejection = { status: 400, code: 'KMS.DisabledException', message };
    expect(await rejectedBy(rejection)).toMatchObject({
      name: 'SourceAccessDeniedError',
      message: expect.stringContaining(`S3 denied kms:Decrypt with the key ${keyArn} on`),
    });
  });
});

it.each([
  ['ExpiredToken', 400, 'have expired'],
  ['ExpiredTokenException', 400, 'have expired'],
  ['TokenRefreshRequired', 400, 'were rejected'],
  ['InvalidToken', 400, 'were rejected'],
  ['InvalidAccessKeyId', 403, 'were rejected'],
])('%s throws SourceCredentialsRejectedError', async (code, status, what) => {
  expect(await rejectedBy({ status, code })).toMatchObject({
    name: 'SourceCredentialsRejectedError',
    disposition: 'fail',
    message: expect.stringContaining(
      `The AWS credentials for reading "s3://films/film.mp4" ${what}: ${code} (${status})`,
    ),
  });
});

it.each(['SignatureDoesNotMatch', 'InvalidSignatureException', 'AuthFailure'])(
  '%s names the signature, and is retryable because a wrong clock may cause it',
  async (code) => {
    expect(await rejectedBy({ status: 403, code })).toMatchObject({
      name: 'SourceSignatureRejectedError',
      disposition: 'retry',
      message: expect.stringContaining('S3 rejected the signature of the request for "s3://films'),
    });
  },
);

// https://github.com/boto/boto3/issues/3219, https://github.com/boto/boto3/issues/2952
describe('a denial', () => {
  const who = 'User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform:';
  const deniedBy = (message: string) => rejectedBy({ status: 403, code: 'AccessDenied', message });

  it.each([
    ['with an explicit deny in a resource-based policy', "the bucket's or the key's policy"],
    [
      'because no resource-based policy allows the s3:GetObject action',
      "the bucket's or the key's policy",
    ],
    ['with an explicit deny in a service control policy', "the organization's policy (SCP)"],
    ['with an explicit deny in a resource control policy', "the organization's policy (RCP)"],
    ['with an explicit deny in a VPC endpoint policy', "the VPC endpoint's policy"],
    ['with an explicit deny in a permissions boundary', "the role's permissions boundary"],
    [
      'because no identity-based policy allows the s3:GetObject action',
      'the policy of the role or user that reads',
    ],
  ])('%s names the policy to check', async (words, where) => {
    const { message } = await deniedBy(`${who} s3:GetObject on resource: "x" ${words}`);
    expect(message).toContain(`S3 names the cause: ${where}`);
  });

  it('names no permission to grant, and the likely causes in order', async () => {
    const { nextStep } = (await deniedBy('Access Denied')) as TransferError;
    expect(nextStep).not.toMatch(/grant/i);
    expect(nextStep).toMatch(
      /bucket's policy.*KMS key's policy.*prefixes.*organization's policies/,
    );
  });

  it('names the options for Requester Pays and for temporary denials', async () => {
    const { nextStep } = (await deniedBy('Access Denied')) as TransferError;
    expect(nextStep).toMatch(/requestPayer.*waitWhileDenied/);
  });
});

describe('a transient code', () => {
  const throttling = [
    'BandwidthLimitExceeded',
    'EC2ThrottledException',
    'LimitExceededException',
    'PriorRequestNotComplete',
    'ProvisionedThroughputExceededException',
    'RequestLimitExceeded',
    'RequestThrottled',
    'RequestThrottledException',
    'SlowDown',
    'ThrottledException',
    'Throttling',
    'ThrottlingException',
    'TooManyRequestsException',
    'TransactionInProgressException',
    'KMS.ThrottlingException',
  ];
  const failing = [
    'RequestTimeout',
    'RequestTimeoutException',
    'InternalError',
    'OperationAborted',
    'KMS.DependencyTimeoutException',
    'KMS.KMSInternalException',
    'KMS.KeyUnavailableException',
  ];

  it.each([...throttling, ...failing])('is retryable: %s with a 400', async (code) => {
    expect(await rejectedBy({ status: 400, code })).toMatchObject({
      name: 'SourceUnavailableError',
      isThrottle: throttling.includes(code),
    });
  });

  it.each(['RequestTimeTooSkewed', 'RequestExpired', 'RequestInTheFuture'])(
    "about this machine's clock is retryable: %s",
    async (code) => {
      expect(await rejectedBy({ status: 403, code })).toMatchObject({
        name: 'SourceUnavailableError',
        message: expect.stringContaining("this machine's clock differs from S3's"),
      });
    },
  );

  it.each([408, 409, 423, 425, 429, 500, 502, 503, 504])(
    'is not needed for status %i of a HEAD: no GET for the reason follows',
    async (status) => {
      const code = 'OfNoKnownKind';
      expect(await rejectedBy({ status, code })).toMatchObject({ name: 'SourceUnavailableError' });
    },
  );

  it('includes every throttling code of the installed SDK', async () => {
    const { isThrottlingError } = await import('@smithy/core/retry');
    expect(throttling.slice(0, -1).filter((name) => !isThrottlingError({ name } as never))).toEqual(
      [],
    );
  });
});
