import { createHash } from 'node:crypto';
import type { SimulatorContext } from './context.ts';
import type { Operation } from './faults.ts';
import { errorReply, jsonReply, Rejection, type Reply, unknownReply } from './replies.ts';
import { type FilePart, type Form, parseRange } from './requests.ts';
import { bytesOf, type Media, type Upload } from './uploads.ts';

/** A parsed request. */
export interface Call {
  readonly id: string;
  readonly form: Form;
  readonly contentRange: string | undefined;
}

type Handler = (context: SimulatorContext, call: Call) => Reply;

/** The names of the documents, and the name that the official web client uses for every file. */
const documentedFields = ['image', 'document'];

function reject(
  { switches }: SimulatorContext,
  status: number,
  text: string,
  more?: object,
): never {
  throw new Rejection(errorReply(switches.mode, status, text, more));
}

function fileOf(context: SimulatorContext, { form }: Call): FilePart {
  const { mode } = context.switches;
  const names = mode === 'library' ? ['file', ...documentedFields] : documentedFields;
  const file = form.files.find(({ field }) => names.includes(field));
  return file ?? reject(context, 400, 'No chunk file was submitted');
}

function uploadOf(context: SimulatorContext, { form }: Call, file: FilePart): Upload {
  const { store, switches } = context;
  const id = form.fields.upload_id;
  if (!id) return store.create(file.filename, file.field);
  const upload = store.upload(id);
  if (!upload) throw new Rejection(unknownReply(switches.mode));
  if (store.hasExpired(upload)) reject(context, 410, 'Upload has expired');
  if (upload.isComplete) reject(context, 400, 'Upload has already been marked as "complete"');
  return upload;
}

/** The checks of the library, in its order; the limits of the documents come first. */
const chunk: Handler = (context, call) => {
  const { switches, store } = context;
  const file = fileOf(context, call);
  const upload = uploadOf(context, call, file);
  const range = parseRange(switches.mode, call.contentRange, file.bytes.length);
  checkLimits(context, file, range.total);
  const { offset } = upload;
  if (offset !== range.start)
    reject(context, 400, 'Offsets do not match', { offset: offsetField(context, offset) });
  const length = range.end - range.start + 1;
  if (file.bytes.length !== length) reject(context, 400, "File size doesn't match headers");
  upload.pieces.push(file.bytes);
  upload.offset += length;
  store.keep(upload);
  return jsonReply(switches.mode === 'library' ? 200 : 201, {
    upload_id: upload.id,
    offset: offsetField(context, upload.offset),
    expires: new Date(upload.expiresAt).toISOString(),
  });
};

function offsetField({ switches }: SimulatorContext, offset: number): number | string {
  const isText =
    switches.offset === 'by-mode' ? switches.mode === 'documented' : switches.offset === 'text';
  return isText ? String(offset) : offset;
}

function checkLimits(context: SimulatorContext, { field, bytes }: FilePart, total: number): void {
  const { mode, maxChunkBytes, maxImageBytes, maxDocumentBytes } = context.switches;
  const limit = field === 'image' ? maxImageBytes : maxDocumentBytes;
  if (total > limit) reject(context, 400, `Size of file exceeds the limit (${limit} bytes)`);
  if (mode === 'documented' && bytes.length > maxChunkBytes)
    reject(context, 400, `Size of chunk exceeds the limit (${maxChunkBytes} bytes)`);
}

const complete: Handler = (context, { form }) => {
  const { switches, store } = context;
  const { upload_id: id, md5, type } = form.fields;
  if (!id || !md5) reject(context, 400, "Both 'upload_id' and 'md5' are required");
  const upload = store.upload(id);
  if (!upload) throw new Rejection(unknownReply(switches.mode));
  if (upload.isComplete && switches.repeatedComplete === 'rejected')
    reject(context, 400, 'Upload has already been marked as complete');
  const held = createHash('md5').update(bytesOf(upload)).digest('hex');
  if (held !== md5) reject(context, 400, 'md5 checksum does not match');
  const media = store.complete(upload, type ?? typeOf(upload));
  return jsonReply(switches.mode === 'library' ? 200 : 201, rendered(media));
};

/** The default type follows the extension of the first chunk's filename. */
function typeOf({ filename }: Upload): string {
  return /\.(?:jpe?g|png|gif|webp)$/i.test(filename) ? 'image' : 'doc';
}

function rendered({ id, type, filename, addedAt, bytes }: Media): Record<string, unknown> {
  const added = new Date(addedAt).toISOString();
  const empty = { description: '', url: null, image: null, order: 0, embed: null };
  return { id, added_at: added, type, title: filename, size: bytes.length, ...empty };
}

function mediaOf({ store, switches }: SimulatorContext, { id }: Call): Media {
  const media = store.find(id);
  if (media) return media;
  // The API itself answers as JSON in both modes.
  throw new Rejection(
    switches.mode === 'library'
      ? jsonReply(404, { detail: 'Not found.' })
      : unknownReply('documented'),
  );
}

const media: Handler = (context, call) => jsonReply(200, rendered(mediaOf(context, call)));

const deleteMedia: Handler = (context, call) => {
  mediaOf(context, call).isDeleted = true;
  return { status: 204, headers: {}, body: '' };
};

const token: Handler = ({ tokens }, { form }) => tokens.refresh(form.fields);

const other: Handler = () => {
  throw new Rejection(unknownReply('library'));
};

/** The operations of the service. @throws Rejection */
export const operations: Readonly<Record<Operation, Handler>> = {
  chunk,
  complete,
  media,
  'delete-media': deleteMedia,
  token,
  other,
};

const routes: readonly (readonly [string, RegExp, Operation])[] = [
  ['POST', /^\/api\/v2\/media\/upload\/chunk\/$/, 'chunk'],
  ['POST', /^\/api\/v2\/media\/upload\/complete\/$/, 'complete'],
  ['GET', /^\/api\/v2\/media\/(?<id>\d+)\/$/, 'media'],
  ['DELETE', /^\/api\/v2\/media\/(?<id>\d+)\/$/, 'delete-media'],
  ['POST', /^\/oauth\/token\/$/, 'token'],
];

/** Returns the operation of a request line, and the id in its path. */
export function findOperation(method: string, path: string): { operation: Operation; id: string } {
  for (const [verb, pattern, operation] of routes) {
    const match = verb === method ? pattern.exec(path) : undefined;
    if (match) return { operation, id: match.groups?.id ?? '' };
  }
  return { operation: 'other', id: '' };
}
