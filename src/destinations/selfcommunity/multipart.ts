import { randomUUID } from 'node:crypto';
import type { ApiContent } from '#src/service-api/api-client.ts';

/** The file of a form: one chunk. */
export interface FormFile {
  /** The name of the form's field. */
  readonly field: string;
  readonly filename: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  open(): AsyncIterable<Uint8Array>;
}

type Fields = Readonly<Record<string, string>>;

/**
 * Returns a form with one file as `multipart/form-data` (RFC 7578). The file is streamed, and the content
 * length is exact. The fields come before the file.
 */
export function multipartForm(fields: Fields, file: FormFile): ApiContent {
  const boundary = `chunkferry-${randomUUID()}`;
  const head = Buffer.from(
    Object.entries(fields)
      .map((field) => textPart(boundary, ...field))
      .join('') + fileHead(boundary, file),
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(head.length + file.sizeBytes + tail.length),
    },
    open: () => joined(head, file, tail),
  };
}

async function* joined(head: Buffer, file: FormFile, tail: Buffer): AsyncGenerator<Uint8Array> {
  yield head;
  yield* file.open();
  yield tail;
}

function textPart(boundary: string, name: string, value: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}\r\n`;
}

function fileHead(boundary: string, { field, filename, contentType }: FormFile): string {
  const disposition = `form-data; name="${quoted(field)}"; filename="${quoted(filename)}"`;
  return `--${boundary}\r\nContent-Disposition: ${disposition}\r\nContent-Type: ${contentType}\r\n\r\n`;
}

/** Escapes as browsers do (HTML standard, "multipart/form-data encoding algorithm"). */
function quoted(text: string): string {
  return text.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** Returns fields as `application/x-www-form-urlencoded`. */
export function urlencodedForm(fields: Fields): ApiContent {
  return {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    open: () => new URLSearchParams(fields).toString(),
  };
}
