import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { bucketFlaw } from '#src/core/source/buckets.ts';
import type { SourceReference } from '#src/core/source/source-object.ts';
import {
  commonOptionNames,
  type DestinationOptions,
  destinationOptionsOf,
  type OptionRules,
  type TransferOptions,
  transferOptionsSchema,
} from '#src/core/transfer/transfer-options.ts';

// zod/mini has no messages of its own. Users read these messages.
z.config(en());

/** A manual start: an operator or a program that may start executions chose the object. */
export interface ManualRequest {
  readonly start: 'manual';
  readonly reference: SourceReference;
  readonly options: TransferOptions;
}

/** A start by an S3 event about a new object. Its facts are compared with the configuration. */
export interface EventRequest {
  readonly start: 'event';
  readonly reference: SourceReference;
  readonly options: TransferOptions;
  readonly facts: EventFacts;
}

/** The request of a start, manual or by an event. Its reference has no account and no Region. */
export type TransferRequest = ManualRequest | EventRequest;

/** What an event says about its object, except for the name. */
export interface EventFacts {
  /** The account of the event. EventBridge sets it; a manual start with an event can contain any value. */
  readonly account?: string | undefined;
  readonly region?: string | undefined;
  readonly sizeBytes?: number | undefined;
  /** The ETag as S3 sends it, without quotes. */
  readonly etag?: string | undefined;
}

/** The name of a bucket, or the ARN or alias of an access point. */
const bucket = z.string().check(({ value, issues }) => {
  const message = bucketFlaw(value);
  if (message) issues.push({ code: 'custom', message, input: value });
});

/** Rejects half a surrogate pair: UTF-8 cannot encode it, so no name at S3 contains one. */
const unicode = z.refine<string>((value) => value.isWellFormed(), 'contains an unpaired surrogate');

const key = z.string().check(
  z.minLength(1, 'must not be empty'),
  unicode,
  z.refine(
    (value) => new TextEncoder().encode(value).length <= 1024,
    'must have at most 1,024 bytes',
  ),
);

const versionId = z.string().check(z.minLength(1, 'must not be empty'), z.maxLength(1024), unicode);

/** The Zod schema of a manual start, for every destination. The destination's own schema adds its options. */
export const transferInputSchema = z.looseObject({
  bucket,
  key,
  versionId: z.optional(versionId),
  ...transferOptionsSchema.shape,
  filename: z.optional(
    z.string().check(z.minLength(1, 'must not be empty'), z.maxLength(1024), unicode),
  ),
});

const account = z.string().check(z.regex(/^\d{12}$/, 'must be 12 digits'));
const region = z
  .string()
  .check(z.regex(/^[a-z0-9-]{1,64}$/, 'must be a Region, such as eu-west-1'));

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
 * Reads the input of an execution: a plain object from a user, or an S3 event as EventBridge delivers it.
 * The destination's schema checks the options that are not common to all destinations. An event has none.
 * @throws InvalidInputError - names the invalid field, its value, and what must hold
 */
export function readRequest(input: unknown, rules: OptionRules): TransferRequest {
  if (isEvent(input)) {
    return eventRequestOf(parse(eventSchema, input, 'event'));
  }
  const { bucket, key, versionId, ...given } = parse(transferInputSchema, input, 'input');
  const own = destinationOptionsOf(given);
  assertKnown(own, rules);
  const { filename, force, priority } = given;
  const options = { filename, force, priority, ...parse(rules.schema, own, 'input') };
  return { start: 'manual', reference: { bucket, key, versionId }, options };
}

/**
 * Reads the object that an input names, and nothing else.
 * @throws InvalidInputError - the input names no object
 */
export function readReference(input: unknown): SourceReference {
  if (isEvent(input)) return eventRequestOf(parse(eventSchema, input, 'event')).reference;
  const { bucket, key, versionId } = parse(transferInputSchema, input, 'input');
  return { bucket, key, versionId };
}

function assertKnown(options: DestinationOptions, { kind, names, kindsByName }: OptionRules): void {
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const others = kindsByName.get(unknown);
  const known = ['bucket', 'key', 'versionId', ...commonOptionNames, ...names].join(', ');
  const why = others
    ? `${unknown} is an option of ${others.join(' and ')}; this stack's destination is ${kind}. Remove it.`
    : `unknown field. The fields are ${known}.`;
  const message = `Invalid input.${unknown} ${quote(options[unknown])}: ${why}`;
  throw new TransferError('InvalidInputError', message);
}

/**
 * Returns an input with only the fields that `readRequest` uses. Other fields of an event can be long, and
 * the state of a waiting execution must stay small.
 * @throws InvalidInputError - the same as `readRequest`
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

function eventRequestOf({ account, region, detail }: z.infer<typeof eventSchema>): EventRequest {
  const { bucket, object } = detail;
  return {
    start: 'event',
    reference: { bucket: bucket.name, key: object.key, versionId: object['version-id'] },
    options: {},
    facts: { account, region, sizeBytes: object.size, etag: object.etag },
  };
}

/** The end of each message about a field: what an execution needs. */
export const smallestInput = 'The smallest input is {"bucket":"…","key":"…"}';

function parse<T extends z.ZodMiniType>(schema: T, input: unknown, what: string): z.infer<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.map(String) ?? [];
  const field = path.length === 0 ? what : `${what}.${path.join('.')}`;
  const value = valueAt(input, path);
  const subject = value === undefined ? `Missing ${field}` : `Invalid ${field} ${quote(value)}`;
  throw new TransferError('InvalidInputError', `${subject}: ${issue?.message}. ${smallestInput}`);
}

function valueAt(input: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) => (value as Record<string, unknown> | undefined)?.[name],
    input,
  );
}

/** Returns the invalid value as JSON, cut to 80 characters. */
function quote(value: unknown): string {
  const text = toJson(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '(too deeply nested to show)';
  }
}
