import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { startServer } from '../http/http-server.ts';
import { canaries } from '../security/canaries/canaries.ts';

export interface StsDoubleOptions {
  /** The roles that there are: their external id by ARN. */
  readonly roles: Readonly<Record<string, string>>;
  /** Of all credentials given out, so that an S3 can check what they sign. */
  readonly secretAccessKey: string;
  /** Milliseconds since 1970; left out: the machine's. */
  readonly now?: () => number;
  /** How long what is given out is good; left out: an hour, the most for a chained role. */
  readonly lifetimeSeconds?: number;
}

/** One AssumeRole as it came; `region` is the one that it was signed for. */
export interface StsCall {
  readonly roleArn: string | null;
  readonly externalId: string | null;
  readonly sessionName: string | null;
  readonly region: string | undefined;
}

/** An answer in place of credentials. */
export interface StsRefusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/**
 * An STS for AssumeRole, by wire protocol. It gives the n-th caller the access key `ASIA…n` and refuses
 * a role that it does not have, or another external id, in STS's words.
 */
export interface StsDouble {
  /** `http://127.0.0.1:port`, for AWS_ENDPOINT_URL_STS. */
  readonly endpoint: string;
  readonly calls: StsCall[];
  /** Answers the next calls so, or leaves them without an answer. */
  refuse(refusal: StsRefusal | 'reset', times?: number): void;
  close(): Promise<void>;
}

/** Starts the double on 127.0.0.1. */
export async function startStsDouble(options: StsDoubleOptions): Promise<StsDouble> {
  const calls: StsCall[] = [];
  const refusals: (StsRefusal | 'reset')[] = [];
  const server = await startServer(async (request, response) => {
    const call = readCall(request, await text(request));
    calls.push(call);
    const refusal = refusals.shift() ?? refusalOf(call, options.roles);
    if (refusal === 'reset') request.socket.resetAndDestroy();
    else if (refusal) answer(response, refusal.status, refusalXml(refusal));
    else answer(response, 200, credentialsXml(options, calls.length));
  });
  return {
    endpoint: server.origin,
    calls,
    refuse: (refusal, times = 1) => void refusals.push(...Array(times).fill(refusal)),
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

function refusalOf(
  { roleArn, externalId }: StsCall,
  roles: StsDoubleOptions['roles'],
): StsRefusal | undefined {
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

function refusalXml({ code, message }: StsRefusal) {
  return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
}

function answer(response: ServerResponse, status: number, xml: string): void {
  response.writeHead(status, { 'content-type': 'text/xml' }).end(xml);
}
