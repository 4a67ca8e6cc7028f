import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { startServer } from '../http/http-server.ts';
import { canaries } from '../security/canaries/canaries.ts';

export interface StsDoubleOptions {
  /** The existing roles: their external id by ARN. */
  readonly roles: Readonly<Record<string, string>>;
  /** The secret key of all issued credentials, with which an S3 double checks signatures. */
  readonly secretAccessKey: string;
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number;
  /** The lifetime of credentials. Default: an hour, the maximum for a chained role. */
  readonly lifetimeSeconds?: number;
}

/** One AssumeRole call; `region` is from its signature. */
export interface StsCall {
  readonly roleArn: string | null;
  readonly externalId: string | null;
  readonly sessionName: string | null;
  readonly region: string | undefined;
}

/** A reply in place of credentials. */
export interface StsRejection {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/**
 * An STS for AssumeRole, by wire protocol. The n-th caller receives the access key `ASIA…n`. It rejects
 * an unknown role or another external id with STS's message.
 */
export interface StsDouble {
  /** `http://127.0.0.1:port`, for AWS_ENDPOINT_URL_STS. */
  readonly endpoint: string;
  readonly calls: StsCall[];
  /** Replies to the next calls with this error, or resets them. */
  failNext(rejection: StsRejection | 'reset', times?: number): void;
  close(): Promise<void>;
}

/** Starts the double on 127.0.0.1. */
export async function startStsDouble(options: StsDoubleOptions): Promise<StsDouble> {
  const calls: StsCall[] = [];
  const rejections: (StsRejection | 'reset')[] = [];
  const server = await startServer(async (request, response) => {
    const call = readCall(request, await text(request));
    calls.push(call);
    const rejection = rejections.shift() ?? rejectionOf(call, options.roles);
    if (rejection === 'reset') request.socket.resetAndDestroy();
    else if (rejection) answer(response, rejection.status, rejectionXml(rejection));
    else answer(response, 200, credentialsXml(options, calls.length));
  });
  return {
    endpoint: server.origin,
    calls,
    failNext: (rejection, times = 1) => void rejections.push(...Array(times).fill(rejection)),
    close: server.close,
  };
}

function readCall({ headers }: IncomingMessage, body: string): StsCall {
  const fields = new URLSearchParams(body);
  const [, region] =
    /Credential=[^/]+\/\d{8}\/([^/]+)\/sts\//.exec(headers.authorization ?? '') ?? [];
  return {
    roleArn: fields.get('RoleArn'),
    externalId: fields.get('ExternalId'),
    sessionName: fields.get('RoleSessionName'),
    region,
  };
}

function rejectionOf(
  { roleArn, externalId }: StsCall,
  roles: StsDoubleOptions['roles'],
): StsRejection | undefined {
  if (roleArn && externalId && roles[roleArn] === externalId) return undefined;
  const message = `User: arn:aws:sts::111122223333:assumed-role/sender/one is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`;
  return { status: 403, code: 'AccessDenied', message };
}

function credentialsXml(
  { secretAccessKey, lifetimeSeconds = 3600, now }: StsDoubleOptions,
  n: number,
) {
  const until = new Date((now?.() ?? Date.now()) + lifetimeSeconds * 1000);
  return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<Credentials><AccessKeyId>ASIA000000000000000${n}</AccessKeyId>
<SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>${canaries.sessionToken}-${n}</SessionToken>
<Expiration>${until.toISOString()}</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>`;
}

function rejectionXml({ code, message }: StsRejection) {
  return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
}

function answer(response: ServerResponse, status: number, xml: string): void {
  response.writeHead(status, { 'content-type': 'text/xml' }).end(xml);
}
