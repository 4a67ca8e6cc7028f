import { TransferError } from '#src/core/errors/transfer-error.ts';
import {
  isCode,
  type MediaType,
  typeOfContent,
  typeOfExtension,
} from '#src/core/source/media-types.ts';
import { extensionOf, lastSegment } from '#src/core/source/source-object.ts';
import type { ObjectFacts } from '#src/core/transfer/destination.ts';

/**
 * Returns the media type of an object: from its source's configuration, else from its extension, else
 * from its content type. Letter case is ignored.
 * @throws SourceTypeUnsupportedError - the object is not video, audio or image, or is another kind of
 *   file with the extension of one
 */
export function mediaTypeOf({ key, contentType, mediaType, sizeBytes }: ObjectFacts): MediaType {
  const name = lastSegment(key);
  if (name.startsWith('._')) {
    throw unsupportedTypeError(
      key,
      'it is an AppleDouble file, which macOS stores next to the real file',
    );
  }
  if (mediaType) return mediaType;
  const extension = extensionOf(name);
  if (isTypeScript(name, extension, contentType, sizeBytes)) {
    throw unsupportedTypeError(
      key,
      `it is TypeScript, not an MPEG transport stream (content type: ${typeText(contentType)})`,
    );
  }
  const type = typeOfExtension(extension) ?? typeOfContent(contentType);
  if (type) return type;
  throw unsupportedTypeError(
    key,
    `it has neither a known extension nor a video, audio or image content type (content type: ${typeText(contentType)})`,
  );
}

/** Sizes of a transport stream's packets: plain, with a time stamp, and with parity. */
const packetBytes = [188, 192, 204, 208] as const;

/** The largest file that counts as source code. */
const maxCodeBytes = 4 * 1024 * 1024;

/** `.ts` and `.mts` are extensions of TypeScript and of MPEG transport streams. */
function isTypeScript(
  name: string,
  extension: string,
  contentType: string | undefined,
  sizeBytes: number | undefined,
): boolean {
  if (extension !== 'ts' && extension !== 'mts') return false;
  if (isCode(contentType) || /\.d\.m?ts$/i.test(name)) return true;
  if (typeOfContent(contentType) || sizeBytes === undefined || sizeBytes > maxCodeBytes)
    return false;
  return packetBytes.every((bytes) => sizeBytes % bytes !== 0);
}

function typeText(contentType: string | undefined): string {
  return contentType ?? 'none';
}

function unsupportedTypeError(key: string, why: string): TransferError {
  const message = `Unsupported object ${JSON.stringify(key)}: ${why}`;
  return new TransferError('SourceTypeUnsupportedError', message);
}
