import * as z from 'zod/mini';
import { Rejection } from './replies.ts';
import { maxParts } from './uploads.ts';

const initializeRequest = z.looseObject({
  project: z.optional(z.string()),
  parent: z.optional(z.string()),
  name: z.string().check(z.minLength(1), z.maxLength(255), z.regex(/^[^/]*$/)),
  size: z.optional(z.int().check(z.gte(0))),
  part_size: z.optional(z.unknown()),
  md5: z.optional(z.string()),
});

const partReport = z.looseObject({
  part_number: z.int().check(z.gte(1), z.lte(maxParts)),
  response: z.looseObject({ headers: z.record(z.string(), z.string()) }),
});

const partsReport = z.looseObject({ parts: z.array(partReport) });

const folderRequest = z.looseObject({
  name: z.string().check(z.minLength(1), z.maxLength(255), z.regex(/^[^/]*$/)),
  type: z.literal('folder'),
  project: z.optional(z.string()),
  parent: z.optional(z.string()),
});

export type PartReport = z.infer<typeof partReport>;

/** Parses a body, or rejects it with 400 and the service's code. */
function parse<T>(schema: z.ZodMiniType<T>, body: unknown, code: number): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.map(String).join('.') || 'body';
  throw new Rejection(400, code, `The field ${field} is invalid: ${issue?.code}.`);
}

export const parseInitialization = (body: unknown) => parse(initializeRequest, body, 8013);

export const parsePart = (body: unknown) => parse(partReport, body, 8014);

export const parseParts = (body: unknown) => parse(partsReport, body, 8015).parts;

/** Completion takes no body, `null`, which sevenbridges-python sends, `{}`, or parts. */
export const parseCompletion = (body: unknown) =>
  parse(z.partial(partsReport), body ?? {}, 8015).parts ?? [];

export const parseFolder = (body: unknown) => parse(folderRequest, body, 90000);

export function parsePartNumber(text: string): number {
  const number = Number(text);
  if (/^\d{1,5}$/.test(text) && number >= 1 && number <= maxParts) return number;
  throw new Rejection(400, 8012, `The part number ${text} is invalid.`);
}

/** The parts that a body names, valid or not. */
export function partsIn(body: unknown): number[] {
  const { part_number: one, parts } = Object(body) as Record<string, unknown>;
  if (Array.isArray(parts)) return parts.map((part) => Object(part).part_number);
  return typeof one === 'number' ? [one] : [];
}
