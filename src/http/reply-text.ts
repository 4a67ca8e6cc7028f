import * as zlib from 'node:zlib';
import { redact } from '#src/core/errors/redact.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { DispatchReply } from './undici.ts';

type Decoder = (body: Buffer, limit: { readonly maxOutputLength: number }) => Buffer;

/** The registered content encodings in use (RFC 9110 §8.4.1, RFC 7932, RFC 8878). */
const decoders: Readonly<Record<string, Decoder>> = {
  gzip: zlib.gunzipSync,
  'x-gzip': zlib.gunzipSync,
  deflate: inflate,
  'x-deflate': inflate,
  br: zlib.brotliDecompressSync,
  zstd: zlib.zstdDecompressSync,
  identity: (body) => body,
};

/** Registered encodings without a decoder here: dictionaries, encryption, and obsolete forms. */
const unsupported: ReadonlySet<string> = new Set([
  'compress',
  'x-compress',
  'dcb',
  'dcz',
  'exi',
  'pack200-gzip',
  'aes128gcm',
]);

/** The most encodings of one reply; each costs another pass. */
const maxEncodings = 4;

/**
 * Reads a reply's body to its end and decodes it. Neither form may exceed `maxBytes`.
 * @param name - method and host, for the error's message
 * @throws NetworkError - the body is too large, damaged, or in an unsupported encoding
 */
export async function readText(
  reply: DispatchReply,
  maxBytes: number,
  name: string,
): Promise<string> {
  const body = await readBytes(reply.body, maxBytes, name);
  const encodings = encodingsOf(reply);
  if (body.length === 0 || encodings.length === 0) return new TextDecoder().decode(body);
  return new TextDecoder().decode(decode(body, encodings, maxBytes, name));
}

/** Reads the whole body. An early exit from the loop destroys the body and its socket. */
async function readBytes(
  body: DispatchReply['body'],
  maxBytes: number,
  name: string,
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    sizeBytes += piece.byteLength;
    if (sizeBytes > maxBytes) throw replyTextError(name, `the reply exceeds ${maxBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/**
 * Returns the encodings in the order of their application. Ignores other words that servers send there:
 * a charset (`UTF-8`, jeroen/curl#179), `none`, `aws-chunked`.
 */
function encodingsOf({ headers }: DispatchReply): string[] {
  return [headers['content-encoding'] ?? []]
    .flat()
    .join(',')
    .toLowerCase()
    .split(',')
    .map((encoding) => encoding.trim())
    .filter((encoding) => Object.hasOwn(decoders, encoding) || unsupported.has(encoding));
}

function decode(body: Buffer, encodings: string[], maxBytes: number, name: string): Buffer {
  const isUnsupported = encodings.some((encoding) => unsupported.has(encoding));
  if (isUnsupported || encodings.length > maxEncodings) {
    const shown = JSON.stringify(redact(encodings.join(', '), 60));
    throw replyTextError(name, `the reply has the unsupported content encoding ${shown}`);
  }
  return encodings.reduceRight(
    (decoded, encoding) => decodeOnce(decoded, encoding, maxBytes, name),
    body,
  );
}

function decodeOnce(body: Buffer, encoding: string, maxBytes: number, name: string): Buffer {
  try {
    return decoders[encoding]?.(body, { maxOutputLength: maxBytes }) ?? body;
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    const problem = isTooLarge ? `decodes to more than ${maxBytes} bytes` : 'is damaged';
    throw replyTextError(name, `the reply's ${encoding} body ${problem}`);
  }
}

/** Decodes `deflate` with the zlib header that RFC 9110 requires, or without it, as some servers send it. */
function inflate(body: Buffer, limit: { readonly maxOutputLength: number }): Buffer {
  const hasHeader = ((body[0] ?? 0) & 0x0f) === 8;
  return hasHeader ? zlib.inflateSync(body, limit) : zlib.inflateRawSync(body, limit);
}

function replyTextError(name: string, problem: string): TransferError {
  return new TransferError('NetworkError', `${name}: ${problem}`);
}
