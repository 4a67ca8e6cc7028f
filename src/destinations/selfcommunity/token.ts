import * as z from 'zod/mini';
import type { TransferError } from '#src/core/errors/transfer-error.ts';
import { type ApiKeySource, RenewedKey } from '#src/core/ports/api-key.ts';
import type { Log } from '#src/core/ports/log.ts';
import type { HttpReply, Transport } from '#src/core/ports/transport.ts';
import { userAgent } from '#src/core/product.ts';
import { isTransientStatus } from '#src/http/status-codes.ts';
import { checkBaseUrl } from '#src/service-api/api-client.ts';
import { jsonObject } from '#src/service-api/error-body.ts';
import { isSuccess, serviceError } from '#src/service-api/replies.ts';
import { service } from './error-replies.ts';
import { tokenReplyMs } from './limits.ts';
import { type RefreshData, readSecret, type Tokens, withTokens } from './secret.ts';

interface TokenOptions {
  readonly apiKey: ApiKeySource;
  readonly transport: Transport;
  readonly baseUrl: string;
  readonly log: Log;
}

/** The secret, as this process and, if it can be stored, all functions see it. */
type StoredSecret = ApiKeySource & Required<Pick<ApiKeySource, 'replace'>>;

/**
 * Returns the source of the bearer token. After a rejected token, it reads the secret again; if the secret
 * has not changed, it refreshes the token at the service (RFC 6749 §6) and stores the new tokens.
 */
export function createTokenSource(options: TokenOptions): ApiKeySource {
  const { replace } = options.apiKey;
  const stored: StoredSecret = replace ? { ...options.apiKey, replace } : inMemory(options);
  return {
    get: async () => readSecret(await stored.get()).accessToken,
    refresh: async () => {
      const before = await stored.get();
      const secret = readSecret(await stored.refresh());
      if (secret.text !== before) return secret.accessToken;
      if (!secret.refresh) throw tokenExpiredError('the secret has no refresh token');
      const text = await stored.replace(secret.text, (current) => renewed(options, current));
      return readSecret(text).accessToken;
    },
    checkReplace: async () => {
      if (readSecret(await stored.get()).refresh) await stored.checkReplace?.();
    },
  };
}

/** Keeps the new tokens in this process: a local run has them in a variable, which it cannot change. */
function inMemory({ apiKey }: TokenOptions): StoredSecret {
  const key = new RenewedKey();
  const stored = async () => key.currentOf(await apiKey.refresh());
  return {
    get: async () => key.currentOf(await apiKey.get()),
    refresh: stored,
    replace: async (_, renew) => {
      const text = await renew(await stored());
      key.remember(await apiKey.get(), text);
      return text;
    },
  };
}

/** Refreshes the tokens of a secret, and returns the secret with the new ones. */
async function renewed(options: TokenOptions, text: string): Promise<string> {
  const { refresh: data } = readSecret(text);
  if (!data) throw tokenExpiredError('the secret has no refresh token');
  return withTokens(text, await refresh(options, data));
}

function tokenExpiredError(reason: string, status = 401): TransferError {
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
  { apiKey, transport, baseUrl, log }: TokenOptions,
  data: RefreshData,
): Promise<Tokens> {
  const reply = await transport.send(refreshRequest(baseUrl, data));
  if (!isSuccess(reply)) throw tokenRejectedError(reply);
  const { success, data: tokens } = tokenReply.safeParse(jsonObject(reply.text));
  if (!success) throw tokenExpiredError('the refresh returned no access token', reply.status);
  const { access_token: accessToken, refresh_token: next } = tokens;
  if (!apiKey.replace && next && next !== data.refreshToken)
    log.warn('refresh token rotated, the secret is outdated');
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
    replyTimeoutMs: tokenReplyMs,
  };
}

/** Quotes the error's code only: a description may repeat a token. */
function tokenRejectedError({ status, text }: HttpReply): TransferError {
  const { error } = jsonObject(text) ?? {};
  const code = typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? ` ${error}` : '';
  if (!isTransientStatus(status))
    return tokenExpiredError(`its refresh was rejected (${status}${code})`, status);
  const name = status === 429 ? 'ThrottledError' : 'ServiceUnavailableError';
  return serviceError(name, `refreshing the access token: ${status}${code}`, { status });
}
