import * as z from 'zod/mini';
import { ApiRejection } from './replies.ts';

const positive = z.int().check(z.gte(1));

const createRequest = z.strictObject({
  filename: z
    .string()
    .check(
      z.refine((name) => [...name].length >= 1 && [...name].length <= 255, '1–255 characters'),
    ),
  type: z.enum(['video', 'audio', 'image']),
  total_size: positive,
  enable_hls: z.optional(z.boolean()),
  enable_thumbnail: z.optional(z.boolean()),
  user_metadata: z.optional(
    z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])),
  ),
});

const presignRequest = z.strictObject({
  start: positive,
  count: z.int().check(z.gte(1), z.lte(50)),
});

const reportRequest = z.strictObject({
  completed_chunks: z
    .array(
      z.strictObject({
        chunk_index: positive,
        proof: z.string().check(z.minLength(1)),
        proof_type: z.literal('etag'),
        chunk_size: positive,
      }),
    )
    .check(z.minLength(1), z.maxLength(50)),
});

/** Body of a create request; sizes in bytes. */
export type CreateRequest = z.infer<typeof createRequest>;
export type PresignRequest = z.infer<typeof presignRequest>;
export type ReportedChunk = z.infer<typeof reportRequest>['completed_chunks'][number];

/** A page number, from 1, and the number of items in a page. */
export interface PageRequest {
  readonly page: number;
  readonly limit: number;
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  return value;
}

/** Chooses the documented code: the parameter is unknown, not provided, or invalid. */
function rejectionOf(body: unknown, error: z.core.$ZodError): ApiRejection {
  const issue = error.issues[0];
  const path = issue?.path ?? [];
  if (issue?.code === 'unrecognized_keys') {
    const name = [...path, issue.keys[0]].join('.');
    return new ApiRejection(400, 'parameter_unknown', `The parameter ${name} is unknown.`);
  }
  const name = path.join('.') || 'body';
  if (valueAt(body, path) === undefined) {
    return new ApiRejection(400, 'parameter_not_provided', `The parameter ${name} is required.`);
  }
  const text = `The parameter ${name} is invalid: ${issue?.message}.`;
  return new ApiRejection(400, 'parameter_invalid', text);
}

function parse<Schema extends z.ZodMiniType>(schema: Schema, body: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw rejectionOf(body, parsed.error);
  return parsed.data;
}

/** @throws ApiRejection - 400 */
export function parseCreate(body: unknown): CreateRequest {
  return parse(createRequest, body);
}

/** @throws ApiRejection - 400 */
export function parsePresign(body: unknown): PresignRequest {
  return parse(presignRequest, body);
}

/** @throws ApiRejection - 400 */
export function parseReport(body: unknown): readonly ReportedChunk[] {
  return parse(reportRequest, body).completed_chunks;
}

function wholeNumber(query: URLSearchParams, name: string, fallback: number, most: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new ApiRejection(400, 'parameter_invalid', `The parameter ${name} is invalid: ${text}.`);
}

/** Reads the page: by default page 1 of 10 items; at most 50 items a page. @throws ApiRejection - 400 */
export function parsePage(query: URLSearchParams): PageRequest {
  return {
    page: wholeNumber(query, 'page', 1, Number.MAX_SAFE_INTEGER),
    limit: wholeNumber(query, 'page_limit', 10, 50),
  };
}

/** Returns the chunks that a body names, valid or not. Faults target requests by these numbers. */
export function chunksIn(body: unknown): number[] {
  const { start, count, completed_chunks: reported } = Object(body) as Record<string, unknown>;
  if (Array.isArray(reported)) return reported.map((chunk) => Object(chunk).chunk_index);
  if (typeof start !== 'number' || typeof count !== 'number') return [];
  return Array.from({ length: Math.min(Math.max(count, 0), 50) }, (_, i) => start + i);
}
