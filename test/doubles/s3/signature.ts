import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/**
 * Returns the flaw of a request's Signature Version 4, or undefined if it is valid. It signs the path
 * and the query from the wire, which detects a client that rewrites a key.
 * Without a secret, it checks only the form.
 */
export function signatureFault(
  request: IncomingMessage,
  secretAccessKey: string | undefined,
): 'AccessDenied' | 'SignatureDoesNotMatch' | undefined {
  const fields = authorizationFields(request.headers.authorization);
  if (!fields) return 'AccessDenied';
  if (secretAccessKey === undefined) return undefined;
  return signatureOf(request, fields, secretAccessKey) === fields.signature
    ? undefined
    : 'SignatureDoesNotMatch';
}

interface AuthorizationFields {
  readonly scope: readonly string[];
  readonly signedHeaders: string;
  readonly signature: string;
}

function authorizationFields(header: string | undefined): AuthorizationFields | undefined {
  const match =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      header ?? '',
    );
  const [, scope, signedHeaders, signature] = match ?? [];
  if (!scope?.endsWith('/s3/aws4_request') || !signedHeaders || !signature) return undefined;
  return { scope: scope.split('/'), signedHeaders, signature };
}

function signatureOf(
  request: IncomingMessage,
  { scope, signedHeaders }: AuthorizationFields,
  secret: string,
): string {
  const canonical = createHash('sha256').update(canonicalRequest(request, signedHeaders));
  const toSign = [
    'AWS4-HMAC-SHA256',
    request.headers['x-amz-date'],
    scope.join('/'),
    canonical.digest('hex'),
  ].join('\n');
  const key = scope.reduce<string | Buffer>((last, part) => hmac(last, part), `AWS4${secret}`);
  return hmac(key, toSign).toString('hex');
}

function canonicalRequest(request: IncomingMessage, signedHeaders: string): string {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const pairs = query === '' ? [] : query.split('&');
  const headers = signedHeaders
    .split(';')
    .map((name) => `${name}:${String(request.headers[name] ?? '').trim()}\n`);
  return [
    request.method,
    path,
    pairs
      .map((pair) => (pair.includes('=') ? pair : `${pair}=`))
      .sort()
      .join('&'),
    headers.join(''),
    signedHeaders,
    request.headers['x-amz-content-sha256'],
  ].join('\n');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
