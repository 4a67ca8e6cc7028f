import { TransferError } from '#src/core/errors/transfer-error.ts';
import { typeOfContent, typeOfExtension } from '#src/core/source/media-types.ts';
import { extensionOf, lastSegment } from '#src/core/source/source-object.ts';
import type { AcceptedObject, ObjectFacts } from '#src/core/transfer/destination.ts';
import { maxDocumentBytes, maxFilenameLength, maxImageBytes } from './limits.ts';

export type Kind = 'image' | 'document';

const maxBytesByKind: Readonly<Record<Kind, number>> = {
  image: maxImageBytes,
  document: maxDocumentBytes,
};

/**
 * Returns the kind and the limits of an object: an image or a PDF, which is the only document that the
 * service's documents name (`type: doc`, 2026-08).
 * @throws SourceTypeUnsupportedError - any other object
 */
export function accept(object: ObjectFacts): AcceptedObject {
  const kind = kindOf(object);
  if (kind) return { kind, maxBytes: maxBytesByKind[kind], maxFilenameLength };
  const { key, contentType = 'none' } = object;
  throw new TransferError(
    'SourceTypeUnsupportedError',
    `Unsupported object ${JSON.stringify(key)} (content type: ${contentType}): SelfCommunity takes images and PDF documents.`,
  );
}

function kindOf({ key, contentType, mediaType }: ObjectFacts): Kind | undefined {
  const name = lastSegment(key);
  // macOS stores such a file next to the real one.
  if (name.startsWith('._')) return undefined;
  if (mediaType !== undefined) return mediaType === 'image' ? 'image' : undefined;
  const extension = extensionOf(name);
  if (extension === 'pdf') return 'document';
  const type = typeOfExtension(extension);
  if (type !== undefined) return type === 'image' ? 'image' : undefined;
  if (/^application\/(?:x-)?pdf\b/i.test(contentType ?? '')) return 'document';
  return typeOfContent(contentType) === 'image' ? 'image' : undefined;
}
