/**
 * The limits of SelfCommunity's API v2, each with its source and date. They were not tested against a live
 * community, whose own error decides.
 */

const MB = 1000 * 1000;

/** Bytes of one chunk (developer docs, `chunk_upload_media`, 2026-08). */
export const maxChunkBytes = 204_800;

/** Bytes of an image: the documents say "5M". Read as the smaller of its two meanings (2026-08). */
export const maxImageBytes = 5 * MB;

/** Bytes of a document: the documents say "50M". Read as the smaller of its two meanings (2026-08). */
export const maxDocumentBytes = 50 * MB;

/** Characters of a file's name (django-chunked-upload 2.0.0, `AbstractChunkedUpload.filename`). */
export const maxFilenameLength = 255;

/** Our own: the longest time for the reply to a chunk after its last byte. */
export const chunkReplyMs = 2 * 60 * 1000;

/** Our own: the longest time for the reply to `complete`, which reads the whole file for its MD5. */
export const completeReplyMs = 5 * 60 * 1000;

/** Our own: the longest time for the reply to a refresh of the token. */
export const tokenReplyMs = 20 * 1000;

/** Our own: the longest time for the reply to a call that changes nothing. */
export const askReplyMs = 60 * 1000;
