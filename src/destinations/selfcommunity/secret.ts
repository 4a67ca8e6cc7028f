import * as z from 'zod/mini';
import { TransferError } from '#src/core/errors/transfer-error.ts';

const word = z.string().check(z.regex(/^[\x21-\x7e]{1,8192}$/));

const secretSchema = z.strictObject({
  accessToken: word,
  refreshToken: z.optional(word),
  clientId: z.optional(word),
  /** Public clients have none. */
  clientSecret: z.optional(word),
  /** Default: `/oauth/token/` on the server of the base URL. */
  tokenUrl: z.optional(word),
});

/** What a refresh of the token needs. */
export interface RefreshData {
  readonly refreshToken: string;
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
  readonly tokenUrl?: string | undefined;
}

/** What a refresh returns. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

export interface Secret {
  /** The text as it is stored. */
  readonly text: string;
  readonly accessToken: string;
  readonly refresh: RefreshData | undefined;
}

/** Returns why a text is not the secret: it must be a token, or JSON with what its refresh needs. */
export function flawOfSecret(text: string): string | undefined {
  if (text === '') return 'is empty';
  if (!text.startsWith('{'))
    return word.safeParse(text).success ? undefined : 'is not a single word';
  const parsed = secretSchema.safeParse(jsonOf(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.map(String).join('.') || 'JSON';
    return `has an invalid "${field}". Store a token, or JSON with accessToken, refreshToken, clientId, clientSecret and tokenUrl`;
  }
  const { refreshToken, clientId } = parsed.data;
  const isWhole = (refreshToken === undefined) === (clientId === undefined);
  return isWhole ? undefined : 'must have both refreshToken and clientId, or neither';
}

/** @throws ConfigurationError - the text is not the secret; the message does not quote it */
export function readSecret(text: string): Secret {
  const flaw = flawOfSecret(text);
  if (flaw)
    throw new TransferError('ConfigurationError', `Invalid secret of SelfCommunity: it ${flaw}.`);
  if (!text.startsWith('{')) return { text, accessToken: text, refresh: undefined };
  const { accessToken, refreshToken, clientId, ...rest } = secretSchema.parse(jsonOf(text));
  const isWhole = refreshToken !== undefined && clientId !== undefined;
  return { text, accessToken, refresh: isWhole ? { refreshToken, clientId, ...rest } : undefined };
}

/** Returns the text of a secret with new tokens; all else stays. */
export function withTokens(text: string, tokens: Tokens): string {
  return JSON.stringify({ ...secretSchema.parse(jsonOf(text)), ...tokens });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
