import * as z from 'zod/mini';
import type { TransferError } from '#src/core/errors/errors.ts';
import type { Log } from '#src/core/ports/log.ts';
import type { HttpReply, Transport } from '#src/core/ports/transport.ts';
import type { ApiKeySource } from '#src/core/stack/api-key.ts';
import { userAgent } from '#src/core/stack/product.ts';
import { isTransientStatus } from '#src/http/status-codes.ts';
import { checkBaseUrl } from '#src/service-api/api-client.ts';
import { jsonObject } from '#src/service-api/error-body.ts';
import { isSuccess, serviceError } from '#src/service-api/replies.ts';
import { service } from './errors.ts';
import { askReplyMs } from './limits.ts';
import { type RefreshData, readSecret, type Secret } from './secret.ts';

interface TokenOptions {
  readonly apiKey: ApiKeySource;
  readonly transport: Transport;
  readonly baseUrl: string;
  readonly log: Log;
}

/** Tokens that a refresh has returned. They are in memory only. */
interface Refreshed {
  /** The text of the secret that they replace. */
  readonly secretText: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/**
 * Returns the source of the bearer token. After a rejected token, it reads the secret again; if the secret
 * has not changed, it refreshes the token at the service (RFC 6749 §6).
 */
export function createTokenSource(options: TokenOptions): ApiKeySource {
  let refreshed: Refreshed | undefined;
  const current = (secret: Secret): string =>
    refreshed?.secretText === secret.text ? refreshed.accessToken : secret.accessToken;
  return {
    get: async () => current(readSecret(await options.apiKey.get())),
    refresh: async () => {
      const before = readSecret(await options.apiKey.get());
      const secret = readSecret(await options.apiKey.refresh());
      if (secret.text !== before.text) return secret.accessToken;
      const data = refreshData(secret, refreshed);
      if (data === undefined) throw expired('the secret has no refresh token');
      refreshed = { secretText: secret.text, ...(await refresh(options, data)) };
      return refreshed.accessToken;
    },
  };
}

function refreshData({ text, refresh }: Secret, last: Refreshed | undefined) {
  if (!refresh || last?.secretText !== text) return refresh;
  return { ...refresh, refreshToken: last.refreshToken };
}

function expired(reason: string, status = 401): TransferError {
  const advice =
    'Store a new access token, or JSON with accessToken, refreshToken, clientId and clientSecret.';
  return serviceError(
    'CredentialsRejectedError',
    `The access token of SelfCommunity is expired or invalid, and ${reason}. ${advice}`,
    { status },
  );
}

const tokenReply = z.looseObject({
  access_token: z.string().check(z.regex(/^[\x21-\x7e]{1,8192}$/)),
  refresh_token: z.optional(z.nullable(z.string())),
});

async function refresh(
  { transport, baseUrl, log }: TokenOptions,
  data: RefreshData,
): Promise<Pick<Refreshed, 'accessToken' | 'refreshToken'>> {
  const reply = await transport.send(refreshRequest(baseUrl, data));
  if (!isSuccess(reply)) throw rejection(reply);
  const { success, data: tokens } = tokenReply.safeParse(jsonObject(reply.text));
  if (!success) throw expired('the refresh returned no access token', reply.status);
  const { access_token: accessToken, refresh_token: next } = tokens;
  // Other functions still have the stored one: with a rotation, they need a secret that is kept up to date.
  if (next && next !== data.refreshToken) log.warn('refresh token rotated, the secret is outdated');
  return { accessToken, refreshToken: next ?? data.refreshToken };
}

function refreshRequest(baseUrl: string, data: RefreshData) {
  const url = data.tokenUrl ?? new URL('/oauth/token/', baseUrl).href;
  checkBaseUrl({ ...service, name: 'SelfCommunity token' }, url);
  const { clientId, clientSecret, refreshToken } = data;
  const fields = {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: clientId,
    ...(clientSecret !== undefined && { client_secret: clientSecret }),
  };
  return {
    method: 'POST' as const,
    url,
    headers: {
      accept: 'application/json',
      'accept-encoding': 'identity',
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': userAgent,
    },
    body: new URLSearchParams(fields).toString(),
    // One short request; the transport's own limits end it.
    signal: new AbortController().signal,
    replyTimeoutMs: askReplyMs,
  };
}

/** Quotes the error's code only: a description may repeat a token. */
function rejection({ status, text }: HttpReply): TransferError {
  const { error } = jsonObject(text) ?? {};
  const code = typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? ` ${error}` : '';
  if (!isTransientStatus(status))
    return expired(`its refresh was rejected (${status}${code})`, status);
  const name = status === 429 ? 'ThrottledError' : 'ServiceUnavailableError';
  return serviceError(name, `refreshing the access token: ${status}${code}`, { status });
}
