import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { TransferError } from '#src/core/errors/errors.ts';
import { priorities } from '#src/core/queue/queue.ts';
import { bucketFlaw } from '#src/core/source/buckets.ts';
import type { SourceReference } from '#src/core/source/source-object.ts';
import type { TransferOptions } from '#src/core/transfer/transfer.ts';
import {
  type MetadataValue,
  maxMetadataLength,
  metadataFlaw,
} from '#src/core/transfer/user-metadata.ts';

// The small zod has no words of its own; these are read by people.
z.config(en());

/** A start by a person, or by whoever may start executions: what it names was chosen. */
export interface ManualRequest {
  readonly start: 'manual';
  readonly reference: SourceReference;
  readonly options: TransferOptions;
}

/** A start by S3's event about a new object: what it claims is compared with the configuration. */
export interface EventRequest {
  readonly start: 'event';
  readonly reference: SourceReference;
  readonly options: TransferOptions;
  readonly claim: EventClaim;
}

/** What starts a transfer, whichever way it came in. Its reference has no account and no Region. */
export type TransferRequest = ManualRequest | EventRequest;

/** What an event says of its object besides the name. */
export interface EventClaim {
  /** The account that the event comes from: EventBridge sets it, and whoever starts by hand. */
  readonly account?: string | undefined;
  readonly region?: string | undefined;
  readonly sizeBytes?: number | undefined;
  /** As S3 gives it, without quotes. */
  readonly etag?: string | undefined;
}

/** A bucket's name, or the ARN or alias of an access point. */
const bucket = z.string().check(({ value, issues }) => {
  const message = bucketFlaw(value);
  if (message) issues.push({ code: 'custom', message, input: value });
});

/** No name at S3 holds half a surrogate pair: it can't be sent, and two of them would look alike. */
const unicode = z.refine<string>((value) => value.isWellFormed(), 'holds half a character');

const key = z.string().check(
  z.minLength(1, 'must not be empty'),
  unicode,
  z.refine((value) => new TextEncoder().encode(value).length <= 1024, 'is longer than 1,024 bytes'),
);

const versionId = z.string().check(z.minLength(1, 'must not be empty'), z.maxLength(1024), unicode);

const metadataValue = z.custom<MetadataValue>().check(({ value, issues }) => {
  const message = metadataFlaw(value);
  if (message) issues.push({ code: 'custom', message, input: value });
});

/** A value of null counts as left out. */
const userMetadata = z.pipe(
  z.transform(withoutNulls),
  z
    .record(z.string().check(z.minLength(1, 'a name must not be empty')), metadataValue)
    .check(
      z.refine((value) => JSON.stringify(value).length <= maxMetadataLength, 'is over 16 KiB'),
    ),
);

function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null));
}

const plainSchema = z.strictObject({
  bucket,
  key,
  versionId: z.optional(versionId),
  filename: z.optional(
    z.string().check(z.minLength(1, 'must not be empty'), z.maxLength(1024), unicode),
  ),
  userMetadata: z.optional(userMetadata),
  enableHls: z.optional(z.boolean()),
  enableThumbnail: z.optional(z.boolean()),
  force: z.optional(z.boolean()),
  priority: z.optional(z.enum(priorities)),
});

const account = z.string().check(z.regex(/^\d{12}$/, 'is not an account of 12 digits'));
const region = z.string().check(z.regex(/^[a-z0-9-]{1,64}$/, 'is not a Region'));

/** S3's Object Created event as EventBridge delivers it; its key is not URL-encoded. */
const eventSchema = z.looseObject({
  source: z.literal('aws.s3'),
  'detail-type': z.literal('Object Created'),
  account: z.optional(account),
  region: z.optional(region),
  detail: z.looseObject({
    bucket: z.looseObject({ name: bucket }),
    object: z.looseObject({
      key,
      size: z.optional(z.number().check(z.int(), z.gte(0))),
      etag: z.optional(z.string()),
      'version-id': z.optional(versionId),
    }),
  }),
});

/**
 * Reads the input of an execution: a plain object from a person, or an S3 event as it comes.
 * @throws InvalidInputError - it is neither; names the field and what would be right
 */
export function readRequest(input: unknown): TransferRequest {
  if (isEvent(input)) {
    return requestOfEvent(parse(eventSchema, input, 'event'));
  }
  const { bucket, key, versionId, ...options } = parse(plainSchema, input, 'input');
  return { start: 'manual', reference: { bucket, key, versionId }, options };
}

/**
 * The fields of an input that a request is read from, as an input again. What else an event holds may
 * be long, and a state that waits must stay small.
 * @throws InvalidInputError - as `readRequest`
 */
export function essentialInput(input: unknown): unknown {
  if (!isEvent(input)) return input;
  const { source, account, region, detail, ...event } = parse(eventSchema, input, 'event');
  const { bucket, object } = detail;
  const { key, size, etag, 'version-id': version } = object;
  return {
    source,
    'detail-type': event['detail-type'],
    account,
    region,
    detail: { bucket: { name: bucket.name }, object: { key, size, etag, 'version-id': version } },
  };
}

function isEvent(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'detail-type' in input;
}

function requestOfEvent({ account, region, detail }: z.infer<typeof eventSchema>): EventRequest {
  const { bucket, object } = detail;
  return {
    start: 'event',
    reference: { bucket: bucket.name, key: object.key, versionId: object['version-id'] },
    options: {},
    claim: { account, region, sizeBytes: object.size, etag: object.etag },
  };
}

function parse<T extends z.ZodMiniType>(schema: T, input: unknown, what: string): z.infer<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.map(String) ?? [];
  const field = path.length === 0 ? what : `${what}.${path.join('.')}`;
  throw new TransferError(
    'InvalidInputError',
    `${field} is ${shown(valueAt(input, path))}: ${issue?.message}; the smallest input is {"bucket":"…","key":"…"}`,
  );
}

function valueAt(input: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) => (value as Record<string, unknown> | undefined)?.[name],
    input,
  );
}

/** The value that was wrong, as far as it fits a line. */
function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = written(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function written(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return 'nested too deep to be shown';
  }
}
