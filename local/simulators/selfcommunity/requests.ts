import type { IncomingMessage } from 'node:http';
import { errorReply, Rejection } from './replies.ts';
import type { SelfCommunitySwitches } from './switches.ts';

/** The file of a form. */
export interface FilePart {
  readonly field: string;
  readonly filename: string;
  readonly bytes: Buffer;
}

/** A parsed form, multipart or urlencoded. */
export interface Form {
  readonly fields: Readonly<Record<string, string>>;
  readonly files: readonly FilePart[];
}

/** Above a chunk with its form. */
const maxBodyBytes = 2 * 1024 * 1024;

/** Reads the whole body of a request. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    sizeBytes += piece.length;
    if (sizeBytes > maxBodyBytes) throw new Error(`The body has more than ${maxBodyBytes} bytes.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Parses a form; a body that is no form has no fields. */
export async function parseForm(contentType: string, body: Buffer): Promise<Form> {
  const headers = { 'content-type': contentType };
  const data = await new Response(new Uint8Array(body), { headers })
    .formData()
    .catch(() => new FormData());
  const fields: Record<string, string> = {};
  const files: FilePart[] = [];
  for (const [field, value] of data.entries()) {
    if (typeof value === 'string') fields[field] = value;
    else files.push({ field, filename: value.name, bytes: Buffer.from(await value.arrayBuffer()) });
  }
  return { fields, files };
}

/** A parsed `Content-Range`, end inclusive. */
export interface ContentRange {
  readonly start: number;
  readonly end: number;
  readonly total: number;
}

const rangeForm = /^bytes (\d+)-(\d+)\/(\d+)$/;

/**
 * Parses a `Content-Range`. The library takes a request without one as a whole file.
 * @throws Rejection - 400 in the documented mode
 */
export function parseRange(
  mode: SelfCommunitySwitches['mode'],
  header: string | undefined,
  size: number,
): ContentRange {
  const match = rangeForm.exec(header ?? '');
  if (match) {
    const [start = 0, end = 0, total = 0] = match.slice(1).map(Number);
    return { start, end, total };
  }
  if (mode === 'library') return { start: 0, end: size - 1, total: size };
  throw new Rejection(errorReply(mode, 400, 'Error in request headers'));
}
