import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ensureAwsAccess } from '#local/ingest/aws-access.ts';
import { tableError } from '#src/aws/dynamodb/table-failure.ts';
import { createS3Client } from '#src/aws/s3/client.ts';
import { createReaderCredentials } from '#src/aws/s3/reader-credentials.ts';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { sdkFailure } from '#src/aws/sdk-failure.ts';
import { productVersion } from '#src/core/product.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import { systemClock } from '#src/system/system-clock.ts';
import {
  startPlainServer,
  startProxy,
  startTlsServer,
  type TestProxy,
  trustTestCa,
} from '../http/proxies.ts';
import { canary } from '../http/served-transport.ts';

const credentials = { accessKeyId: 'own', secretAccessKey: 'x' };
const place = { region: 'us-east-1', credentials };

let requests: IncomingMessage[];

beforeEach(() => {
  requests = [];
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY']) {
    vi.stubEnv(name, '');
    vi.stubEnv(name.toLowerCase(), '');
  }
  onTestFinished(() => void vi.unstubAllEnvs());
});

/** Replies to each of the calls below. */
const answer: RequestListener = async (request, response) => {
  requests.push(request);
  if (request.url?.startsWith('/federation/credentials')) {
    const keys = { accessKeyId: 'sso', secretAccessKey: 's', sessionToken: 't' };
    response.end(JSON.stringify({ roleCredentials: { ...keys, expiration: 4e12 } }));
    return;
  }
  const action = /^Action=(\w+)/.exec(await text(request))?.[1];
  if (action) response.end(assumed(action));
  else response.end(request.method === 'HEAD' ? '' : '{}');
};

/** Returns STS's reply to an action. */
const assumed = (action: string) =>
  `<${action}Response><${action}Result><Credentials><AccessKeyId>reader</AccessKeyId>
  <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
  <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></${action}Result></${action}Response>`;

function s3(endpoint: string) {
  const agent = createAgent();
  onTestFinished(() => closeAgent(agent));
  return createS3Client({ agent, ...place, endpoint, forcePathStyle: true });
}

const dynamo = (endpoint: string, maxAttempts = 1) =>
  new DynamoDBClient({ ...boundedCalls, ...place, endpoint, maxAttempts });

const describeTable = new DescribeTableCommand({ TableName: 'proofs' });

/** One call for each client of the functions, to this endpoint. */
const calls: Readonly<Record<string, (endpoint: string) => Promise<unknown>>> = {
  S3: (endpoint) => s3(endpoint).send(new HeadObjectCommand({ Bucket: 'films', Key: 'a.mp4' })),
  DynamoDB: (endpoint) => dynamo(endpoint).send(describeTable),
  EventBridge: (endpoint) =>
    new EventBridgeClient({ ...boundedCalls, ...place, endpoint }).send(
      new PutEventsCommand({ Entries: [] }),
    ),
  'Step Functions': (endpoint) =>
    new SFNClient({ ...boundedCalls, ...place, endpoint }).send(
      new DescribeExecutionCommand({ executionArn: 'arn' }),
    ),
  'Secrets Manager': (endpoint) =>
    new SecretsManagerClient({ ...boundedCalls, ...place, endpoint }).send(
      new GetSecretValueCommand({ SecretId: 'key' }),
    ),
  Lambda: (endpoint) =>
    new LambdaClient({ ...boundedCalls, ...place, endpoint }).send(
      new GetAccountSettingsCommand({}),
    ),
  STS: (endpoint) => {
    vi.stubEnv('AWS_ENDPOINT_URL_STS', endpoint);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'own');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
    const roleArn = 'arn:aws:iam::444455556666:role/reader';
    const readers = { '444455556666': { roleArn, externalId: 'ferry' } };
    return createReaderCredentials({ readers, clock: systemClock })('444455556666')();
  },
};

const names = Object.keys(calls);

const hostOf = (name: string) =>
  name === 'STS' ? 'sts.test' : name === 'S3' ? 's3.test' : 'api.test';

async function proxied(onConnect?: (socket: Duplex) => void): Promise<TestProxy> {
  trustTestCa();
  const target = await startTlsServer(answer);
  const proxy = await startProxy({ target, ...(onConnect && { onConnect }) });
  vi.stubEnv('HTTPS_PROXY', proxy.url);
  return proxy;
}

describe('a call of', () => {
  it.each(names)('%s has the product and its version in the User-Agent', async (name) => {
    const { port } = await startPlainServer(answer);
    await calls[name]?.(`http://127.0.0.1:${port}`);
    expect(requests.map(({ headers }) => headers['user-agent'])).toEqual([
      expect.stringMatching(new RegExp(`(^| )chunkferry/${productVersion}( |$)`)),
    ]);
  });

  it.each(names)('%s goes through HTTPS_PROXY', async (name) => {
    const proxy = await proxied();
    await calls[name]?.(`https://${hostOf(name)}`);
    expect(proxy.tunnels).toEqual([`${hostOf(name)}:443`]);
    expect(requests).toHaveLength(1);
  });

  it.each(names)('%s to loopback goes directly', async (name) => {
    const proxy = await proxied();
    vi.stubEnv('HTTP_PROXY', proxy.url);
    const { port } = await startPlainServer(answer);
    await calls[name]?.(`http://localhost:${port}`);
    expect([proxy.tunnels, proxy.forwarded, requests.length]).toEqual([[], [], 1]);
  });
});

describe('credentials of a web identity', () => {
  it.each(['S3', 'DynamoDB'])('for %s are also fetched through HTTPS_PROXY', async (name) => {
    const proxy = await proxied();
    const folder = mkdtempSync(join(tmpdir(), 'chunkferry-token-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'token'), 'token');
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', join(folder, 'token'));
    vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/ours');
    vi.stubEnv('AWS_ENDPOINT_URL_STS', 'https://sts.test');
    vi.stubEnv('AWS_ACCESS_KEY_ID', '');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', '');
    const options = { region: 'us-east-1', credentials: undefined };
    const agent = createAgent();
    onTestFinished(() => closeAgent(agent));
    const sending =
      name === 'S3'
        ? createS3Client({
            agent,
            ...options,
            endpoint: 'https://s3.test',
            forcePathStyle: true,
          }).send(new HeadObjectCommand({ Bucket: 'films', Key: 'a.mp4' }))
        : new DynamoDBClient({
            ...boundedCalls,
            region: 'us-east-1',
            endpoint: 'https://dynamodb.test',
          }).send(describeTable);
    await sending;
    expect(proxy.tunnels).toEqual([
      'sts.test:443',
      name === 'S3' ? 's3.test:443' : 'dynamodb.test:443',
    ]);
  });
});

describe('credentials of a profile of IAM Identity Center (SSO)', () => {
  const startUrl = 'https://example.awsapps.com/start';

  /** Creates a home folder with the profile and a token from `aws sso login`. */
  function signedIn(): void {
    const home = mkdtempSync(join(tmpdir(), 'chunkferry-home-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const cache = join(home, '.aws', 'sso', 'cache');
    mkdirSync(cache, { recursive: true });
    const token = { accessToken: 'token', expiresAt: '2099-01-01T00:00:00Z' };
    const name = createHash('sha1').update(startUrl).digest('hex');
    writeFileSync(join(cache, `${name}.json`), JSON.stringify(token));
    const lines = `sso_start_url=${startUrl}\nsso_region=us-east-1\nsso_account_id=123456789012\nsso_role_name=dev`;
    writeFileSync(join(home, 'config'), `[profile work]\n${lines}\nregion=us-east-1\n`);
    const environment = {
      HOME: home,
      AWS_CONFIG_FILE: join(home, 'config'),
      AWS_PROFILE: 'work',
      AWS_ENDPOINT_URL_SSO: 'https://sts.test',
    };
    for (const [key, value] of Object.entries(environment)) vi.stubEnv(key, value);
    for (const key of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(key, undefined);
  }

  it('are also fetched through HTTPS_PROXY', async () => {
    const proxy = await proxied();
    signedIn();
    const endpoint = 'https://dynamodb.test';
    const client = new DynamoDBClient({ ...boundedCalls, region: 'us-east-1', endpoint });
    await client.send(describeTable);
    expect(proxy.tunnels).toEqual(['sts.test:443', 'dynamodb.test:443']);
  });

  it('are checked through the proxy before npm run ingest sends a request', async () => {
    const proxy = await proxied();
    signedIn();
    vi.stubEnv('AWS_REGION', 'us-east-1');
    await ensureAwsAccess({ object: 's3://films/film.mp4' });
    expect(proxy.tunnels).toEqual(['sts.test:443']);
  });
});

describe('a call to DynamoDB', () => {
  it.each(['api.test', 'test', '.test', '*.test', 'other.test, api.test', 'api.test:443', '*'])(
    'goes directly if NO_PROXY is %s',
    async (noProxy) => {
      const proxy = await proxied();
      vi.stubEnv('NO_PROXY', noProxy);
      const error = await calls.DynamoDB?.('https://api.test').catch((thrown: unknown) => thrown);
      expect(sdkFailure(error).message).toMatch(
        /^getaddrinfo E(NOTFOUND|AI_AGAIN) api\.test\. NO_PROXY lists it/,
      );
      expect(proxy.tunnels).toEqual([]);
    },
  );

  it('goes by absolute URL through HTTP_PROXY', async () => {
    const target = await startPlainServer(answer);
    const proxy = await startProxy({ target });
    vi.stubEnv('http_proxy', proxy.url);
    await calls.DynamoDB?.('http://dynamodb.test');
    expect(proxy.forwarded).toEqual(['http://dynamodb.test/']);
  });

  it.each([
    ['a 502', (socket: Duplex) => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')],
    ['an end', (socket: Duplex) => socket.end()],
    ['a reset', (socket: Duplex) => socket.destroy()],
  ])('with %s at the proxy throws TableUnavailableError', async (_what, onConnect) => {
    const proxy = await proxied(onConnect);
    vi.stubEnv('HTTPS_PROXY', proxy.url.replace('//', `//me:${canary}@`));
    const thrown = await calls.DynamoDB?.('https://api.test').catch((error: unknown) => error);
    const error = tableError(thrown, 'proofs');
    expect(error.name).toBe('TableUnavailableError');
    expect(error.message).not.toContain(canary);
    expect(proxy.tunnels.length).toBeGreaterThan(0);
  });

  it('throws ConfigurationError if a proxy requires credentials (407)', async () => {
    await proxied((socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'));
    const thrown = await calls.DynamoDB?.('https://api.test').catch((error: unknown) => error);
    const error = tableError(thrown, 'proofs');
    expect(error.name).toBe('ConfigurationError');
    expect(error.message).toContain('requires credentials (407). Set them in HTTPS_PROXY');
  });

  it('ends in time if the proxy stays silent, and names the proxy', async () => {
    const proxy = await proxied(() => {});
    const thrown = await calls.DynamoDB?.('https://api.test').catch((error: unknown) => error);
    expect(sdkFailure(thrown).message).toBe(
      `the proxy 127.0.0.1:${proxy.port} is not reachable (UND_ERR_HEADERS_TIMEOUT)`,
    );
  }, 10_000);

  it('names NODE_EXTRA_CA_CERTS if the certificate is unknown', async () => {
    const target = await startTlsServer(answer);
    const proxy = await startProxy({ target });
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    const thrown = await calls.DynamoDB?.('https://api.test').catch((error: unknown) => error);
    expect(sdkFailure(thrown).message).toContain('set NODE_EXTRA_CA_CERTS');
  });
});

describe('an invalid proxy URL', () => {
  it.each([
    'socks5://127.0.0.1:1080',
    'http://',
    `http://me:${canary}@:x`,
    `http://me:%${canary}@p:1`,
  ])('%s causes a configuration error that omits the value', (value) => {
    vi.stubEnv('HTTPS_PROXY', value);
    for (const make of [() => createAgent(), () => dynamo('https://api.test')]) {
      expect(make).toThrow(
        'Invalid HTTPS_PROXY: must be the URL of an http or https proxy, such as http://proxy.example.com:3128.',
      );
      expect(make).not.toThrow(canary);
    }
  });
});
