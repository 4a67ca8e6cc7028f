import * as z from 'zod/mini';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import {
  defaultActiveTransfers,
  defaultChunksInFlight,
  defaultSendConcurrency,
  defaultSendTimeoutMs,
  maxChunksInFlight,
  maxDeniedSeconds,
  maxMapConcurrency,
  maxSlots,
  maxUploadReplyMs,
  minDeniedSeconds,
  minUploadReplyMs,
} from '#src/core/limits/limits.ts';
import { stopModes } from '#src/core/queue/queue.ts';
import { type TransferWindow, windowFlaw } from '#src/core/queue/transfer-window.ts';
import type { Settings } from '#src/core/settings.ts';
import { mediaTypes } from '#src/core/source/media-types.ts';
import type { Sources } from '#src/core/source/sources.ts';
import { environmentKeys as keys } from './environment-keys.ts';

const count = (fallback: number, max: number) =>
  z._default(z.coerce.number().check(z.int(), z.gte(1), z.lte(max)), fallback);

const settingsSchema = z.object({
  [keys.chunksInFlight]: count(defaultChunksInFlight, maxChunksInFlight),
  [keys.mapConcurrency]: count(8, maxMapConcurrency),
  [keys.noProgressMs]: count(60_000, 300_000),
  [keys.uploadReplyMs]: z.optional(
    z.coerce.number().check(z.int(), z.gte(minUploadReplyMs), z.lte(maxUploadReplyMs)),
  ),
  [keys.maxActiveTransfers]: count(defaultActiveTransfers, maxSlots),
  [keys.maxSendConcurrency]: count(defaultSendConcurrency, maxSlots * maxMapConcurrency),
  [keys.sendTimeoutMs]: count(defaultSendTimeoutMs, 900_000),
  [keys.localRun]: z._default(z.enum(['true', 'false']), 'false'),
  [keys.transferWindow]: z.optional(z.string()),
  [keys.sources]: z._default(z.string(), '{"list":[],"readers":{}}'),
  [keys.privateUploadHosts]: z._default(z.enum(['true', 'false']), 'false'),
});

/**
 * Reads the settings from the environment, with their defaults. An empty variable counts as absent.
 * @throws ConfigurationError - some values are invalid; the message names every such key
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const set = Object.entries(env).filter(([, text]) => text !== '');
  const parsed = settingsSchema.safeParse(Object.fromEntries(set));
  if (!parsed.success) {
    const flaws = parsed.error.issues.map(({ path, message }) => {
      const name = String(path[0]);
      const must = message.replace(/^Invalid (?:input|option): /, '');
      return `Invalid ${name} ${JSON.stringify(env[name])}: ${must}.`;
    });
    throw new TransferError('ConfigurationError', flaws.join(' '));
  }
  const read = parsed.data;
  return Object.freeze({
    chunksInFlight: read[keys.chunksInFlight],
    mapConcurrency: read[keys.mapConcurrency],
    maxActiveTransfers: read[keys.maxActiveTransfers],
    maxSendConcurrency: read[keys.maxSendConcurrency],
    sendTimeoutMs: read[keys.sendTimeoutMs],
    isLocalRun: read[keys.localRun] === 'true',
    transferWindow: readWindow(read[keys.transferWindow]),
    sources: readSources(read[keys.sources]),
    noProgressMs: read[keys.noProgressMs],
    uploadReplyMs: read[keys.uploadReplyMs],
    privateUploadHosts: read[keys.privateUploadHosts] === 'true',
  });
}

const sourcesSchema = z.object({
  list: z.array(
    z.object({
      bucket: z.string(),
      account: z.optional(z.string()),
      region: z.optional(z.string()),
      prefixes: z.optional(z.array(z.string())),
      suffixes: z.optional(z.array(z.string())),
      mediaTypes: z.optional(z.record(z.string(), z.enum(mediaTypes))),
      minSize: z.optional(z.number()),
      maxSize: z.optional(z.number()),
      sameContent: z.optional(z.literal('reuse')),
      requestPayer: z.optional(z.boolean()),
      waitWhileDeniedSeconds: z.optional(
        z.number().check(z.int(), z.gte(minDeniedSeconds), z.lte(maxDeniedSeconds)),
      ),
    }),
  ),
  readers: z.record(z.string(), z.object({ roleArn: z.string(), externalId: z.string() })),
});

const windowSchema = z.object({
  from: z.string(),
  to: z.string(),
  timeZone: z.string(),
  underWay: z.optional(z.enum(stopModes)),
});

/** @throws ConfigurationError - the text is not a valid window */
function readWindow(text: string | undefined): TransferWindow | undefined {
  if (text === undefined) return undefined;
  const parsed = windowSchema.safeParse(parseJson(text, keys.transferWindow));
  const flaw = parsed.success ? windowFlaw(parsed.data) : parsed.error.issues[0]?.message;
  if (parsed.success && !flaw) return parsed.data;
  throw new TransferError('ConfigurationError', `Invalid ${keys.transferWindow}: ${flaw}`);
}

/**
 * Reads the sources, which the infrastructure writes and an operator may change.
 * @throws ConfigurationError - a field is invalid; the message names the first such field and its value
 */
function readSources(text: string): Sources {
  const parsed = sourcesSchema.safeParse(parseJson(text, keys.sources));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.map(String) ?? [];
  const field = [keys.sources, ...path].join('.');
  const value = JSON.stringify(valueAt(parseJson(text, keys.sources), path))?.slice(0, 80);
  const message = `Invalid ${field} ${value}: ${issue?.message}`;
  throw new TransferError('ConfigurationError', message, { cause: parsed.error });
}

/** @throws ConfigurationError - the text is not JSON */
function parseJson(text: string, key: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `Invalid ${key}: must be JSON.`;
    throw new TransferError('ConfigurationError', message, { cause });
  }
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => (inner as Fields | undefined)?.[name], value);
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Returns the value of a required key.
 * @throws ConfigurationError - the key is not set
 */
export function required(
  env: Readonly<Record<string, string | undefined>>,
  key: keyof typeof keys,
): string {
  return requiredVariable(env, keys[key]);
}

/**
 * Returns the value of a required variable, whose name the caller knows from elsewhere.
 * @throws ConfigurationError - the variable is not set
 */
export function requiredVariable(
  env: Readonly<Record<string, string | undefined>>,
  variable: string,
): string {
  const value = env[variable];
  if (value) return value;
  throw new TransferError(
    'ConfigurationError',
    `Missing environment variable ${variable}: it must be set.`,
  );
}
