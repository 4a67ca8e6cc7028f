import { isTransferError, type TransferError } from '#src/core/errors/transfer-error.ts';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { chunkCount } from '#src/core/transfer/chunk-plan.ts';
import type { CallOptions, SessionRequest, UploadSession } from '#src/core/transfer/destination.ts';
import { parseHttpDate } from '#src/http/http-date.ts';
import type { ApiClient, Operation } from '#src/service-api/api-client.ts';
import { serviceError } from '#src/service-api/replies.ts';
import { sendCreate } from '#src/service-api/send-create.ts';
import { readTransferOptions } from '#src/service-api/transfer-options.ts';
import { abortSession } from './abort-session.ts';
import type { Folders } from './folders.ts';
import { changeReplyMs, maxNames, maxParts } from './limits.ts';
import { numberedName } from './numbered-name.ts';
import { partSizeOf } from './part-size.ts';
import { type Place, placeFields, rootOf } from './paths.ts';
import type { SevenBridgesSettings } from './settings.ts';
import { optionsSchema, settingsOf } from './transfer-options.ts';
import { initializeReply, readReply } from './wire.ts';

const operation: Operation = {
  name: 'initializing an upload',
  onSession: false,
  replyMs: changeReplyMs,
};

export interface OpenPorts {
  readonly client: ApiClient;
  readonly settings: SevenBridgesSettings;
  readonly folders: Folders;
  readonly nowMs: () => number;
}

/** One file at the service. */
interface Target {
  readonly place: Place;
  readonly name: string;
  readonly sizeBytes: number;
  readonly partSize: number;
}

/**
 * Initializes an upload by the stack's settings and the transfer's options. With `folders: key`, it is in the
 * folder of the key. With `onNameTaken: rename`, tries further names.
 * @throws CreateReplyLostError - the service may have opened an upload with an unknown id
 * @throws NameTakenError - the name is taken, or the service chose another name that the settings forbid
 * @throws ProjectNotFoundError, ProjectDeniedError
 */
export async function openSession(
  ports: OpenPorts,
  { source, filename, options: asked }: SessionRequest,
  options: CallOptions,
): Promise<UploadSession> {
  const settings = settingsOf(ports.settings, readTransferOptions(optionsSchema, asked));
  const root = rootOf(settings);
  const place =
    settings.folders === 'key' ? await ports.folders.placeOf(root, source.key, options) : root;
  const { sizeBytes } = source;
  const partSize = partSizeOf(sizeBytes, settings.partSizeBytes);
  const names = settings.onNameTaken === 'rename' ? maxNames : 1;
  for (let n = 1; ; n++) {
    try {
      const target = { place, name: numberedName(filename, n), sizeBytes, partSize };
      return await initialize({ ...ports, settings }, target, options);
    } catch (error) {
      if (n >= names || !isNameTaken(error)) throw error;
    }
  }
}

/** A 409 may also have a code that passes, and says nothing about the name. */
function isNameTaken(error: unknown): error is TransferError {
  return isTransferError(error) && error.status === 409 && error.disposition === 'fail';
}

async function initialize(
  ports: OpenPorts,
  target: Target,
  options: CallOptions,
): Promise<UploadSession> {
  const { settings, client, nowMs } = ports;
  const { place, name, sizeBytes, partSize } = target;
  const overwrite = settings.onNameTaken === 'overwrite';
  const body = { name, size: sizeBytes, part_size: partSize, ...placeFields(place) };
  const path = `/upload/multipart?overwrite=${overwrite}`;
  const reply = await sendCreate(
    client,
    { operation, method: 'POST', path, body, ...options },
    nowMs,
  );
  const session = sessionOf(reply, target, nowMs());
  if (session.details.name === name || settings.onNameTaken === 'rename') return session;
  throw await otherNameError(client, session, name, options);
}

/** Ends the upload that the service has given another name. Older documents describe this as its rule. */
async function otherNameError(
  client: ApiClient,
  session: UploadSession,
  name: string,
  options: CallOptions,
): Promise<TransferError> {
  await abortSession(client, session, options);
  const given = JSON.stringify(session.details.name);
  return serviceError(
    'NameTakenError',
    `Seven Bridges named the file ${given} in place of ${JSON.stringify(name)}: the name must be free.`,
  );
}

function sessionOf(reply: HttpReply, target: Target, nowMs: number): UploadSession {
  const { place, name, sizeBytes, partSize } = target;
  const created = readReply(initializeReply, reply, operation.name);
  const chunkSizeBytes = created.part_size ?? partSize;
  const openedAt = parseHttpDate(reply.headers.date ?? '') ?? nowMs;
  return {
    uploadId: created.upload_id,
    chunkSizeBytes,
    totalChunks: plannedParts(sizeBytes, chunkSizeBytes, reply),
    ...(created.parallel_uploads === false && { maxInFlight: 1 }),
    details: {
      ...placeFields(place),
      name: created.name ?? name,
      sizeBytes: String(sizeBytes),
      openedAt: String(openedAt),
    },
  };
}

function plannedParts(sizeBytes: number, partSize: number, { status }: HttpReply): number {
  const parts = chunkCount(sizeBytes, partSize);
  if (parts <= maxParts) return parts;
  throw serviceError(
    'ProtocolViolationError',
    `Invalid part_size from Seven Bridges: "${partSize}" makes ${parts} parts of ${sizeBytes} bytes, but at most ${maxParts} are allowed.`,
    { status },
  );
}
