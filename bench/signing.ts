import { Readable } from 'node:stream';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { RepeatedRequest, type SigningClient } from '#src/aws/repeated-request.ts';
import { RequestTemplate } from '#src/aws/request-template.ts';
import type {
  SdkReply,
  SdkRequest,
  SdkRequestHandler,
  SendOptions,
} from '#src/aws/undici-request-handler.ts';
import { quartilesOf } from './measure/statistics.ts';

/**
 * Measures the CPU time of a ranged GET, without a network: by a command of the SDK, and repeated from
 * its first request. Also measures the signatures alone.
 */

const rounds = 9;
const callsOfRound = 1_000;
const credentials = { accessKeyId: 'key', secretAccessKey: 'secret', sessionToken: 'token' };
const input = { Bucket: 'films', Key: 'film.mp4', IfMatch: '"etag"', VersionId: 'version' };

const reply = (): { response: SdkReply } => ({
  response: { statusCode: 206, headers: { 'content-length': '0' }, body: Readable.from([]) },
});

let signed: SdkRequest | undefined;
const requestHandler: SdkRequestHandler = {
  metadata: { handlerProtocol: 'http/1.1' },
  handle: async (request, options = {}) => {
    signed ??= request;
    options.onRequest?.(request);
    return reply();
  },
  destroy: () => {},
  updateHttpClientConfig: () => {},
  httpHandlerConfigs: () => ({}),
};
const client = new S3Client({ region: 'us-east-1', credentials, requestHandler });
const gets = new RepeatedRequest(client as unknown as SigningClient);

const rangeOf = (n: number) => `bytes=${n}-${n + 1}`;
const viaSdk = (n: number, options: SendOptions = {}) =>
  client.send(new GetObjectCommand({ ...input, Range: rangeOf(n) }), options);
const repeated = (n: number) =>
  gets.send({ headers: { range: rangeOf(n) } }, (options) => viaSdk(n, options));

await repeated(0);
const template = RequestTemplate.of(signed as SdkRequest) as RequestTemplate;
const signer = await client.config.signer({ name: 'sigv4', properties: {} } as never);

const ways: Readonly<Record<string, (n: number) => Promise<unknown>>> = {
  'GET by the SDK': viaSdk,
  'GET repeated': repeated,
  'signature by the SDK': (n) =>
    signer.sign({ ...signed, headers: { ...signed?.headers, range: rangeOf(n) } } as never),
  'signature of the template': async (n) =>
    template.sign({ headers: { range: rangeOf(n) } }, credentials, new Date()),
};

const times = new Map<string, number[]>(Object.keys(ways).map((way) => [way, []]));
for (let round = 0; round <= rounds; round++) {
  for (const [way, call] of Object.entries(ways)) {
    const before = process.cpuUsage();
    for (let n = 0; n < callsOfRound; n++) await call(n);
    const { user, system } = process.cpuUsage(before);
    // The first round only compiles the code.
    if (round > 0) times.get(way)?.push((user + system) / callsOfRound);
  }
}
for (const [way, found] of times) {
  const { lower, median, upper } = quartilesOf(found);
  const text = [median, lower, upper].map((microseconds) => (microseconds / 1000).toFixed(3));
  console.log(`${way}: ${text[0]} (${text[1]} – ${text[2]}) ms of CPU a call`);
}
