import type { SimulatorContext } from './context.ts';
import type { Operation } from './faults.ts';
import { jsonReply, Rejection, type Reply } from './replies.ts';
import {
  type PartReport,
  parseCompletion,
  parseFolder,
  parseInitialization,
  parsePart,
  parsePartNumber,
  parseParts,
} from './requests.ts';
import type { Entry, Place, Upload } from './uploads.ts';

/** A parsed request of the API. */
export interface ApiCall {
  readonly id: string;
  readonly part: string;
  readonly query: URLSearchParams;
  /** Parsed JSON; undefined if the body is empty or invalid. */
  readonly body: unknown;
}

type Handler = (context: SimulatorContext, call: ApiCall) => Reply;

/** @throws Rejection - the project or folder is unknown, or both or neither are named */
function placeOf(
  context: SimulatorContext,
  project?: string | null,
  parent?: string | null,
): Place {
  if (!project === !parent) throw new Rejection(400, 8013, 'Name either a project or a parent.');
  if (parent) {
    const folder = context.store.entry(parent);
    if (folder.type === 'folder') return { project: context.project, parent };
    throw new Rejection(400, 8013, 'The parent is no folder.');
  }
  if (project === context.project) return { project, parent: undefined };
  throw new Rejection(404, 8010, `The project ${project} does not exist.`);
}

const refusals = {
  'read-only': [403, 90002, 'You do not have permission to write into this project.'],
  locked: [403, 90002, 'The project is locked.'],
  full: [402, 90000, 'The storage quota is exceeded.'],
} as const;

/** @throws Rejection - the project takes no file, at least of this user */
function writablePlaceOf(
  context: SimulatorContext,
  project?: string | null,
  parent?: string | null,
): Place {
  const place = placeOf(context, project, parent);
  const { takesFiles } = context.switches;
  if (takesFiles === 'yes') return place;
  const [status, code, message] = refusals[takesFiles];
  throw new Rejection(status, code, message);
}

const initialize: Handler = (context, { body, query }) => {
  const { project, parent, name, size, part_size: wish } = parseInitialization(body);
  const upload = context.store.initialize({
    place: writablePlaceOf(context, project, parent),
    name,
    size,
    partSize: Number.isSafeInteger(wish) ? Number(wish) : undefined,
    overwrite: query.get('overwrite')?.toLowerCase() === 'true',
  });
  return jsonReply(200, { ...summary(context, upload), size });
};

function summary(context: SimulatorContext, upload: Upload): Record<string, unknown> {
  const { id, name, partSize, place, initiated } = upload;
  return {
    href: `${context.origin}/v2/upload/multipart/${id}`,
    upload_id: id,
    ...place,
    name,
    initiated: new Date(initiated).toISOString(),
    part_size: partSize,
    parallel_uploads: context.switches.parallelUploads,
  };
}

const list: Handler = (context, { query }) => {
  const offset = Number(query.get('offset') ?? 0);
  const limit = Math.min(100, Number(query.get('limit') ?? 50));
  const unfinished = context.store.uploads.filter(({ isForgotten }) => !isForgotten);
  const items = unfinished.slice(offset, offset + limit).map((upload) => {
    const { part_size: _, parallel_uploads: __, ...item } = summary(context, upload);
    return item;
  });
  const body = { href: `${context.origin}/v2/upload/multipart`, items, links: [] };
  return jsonReply(200, body, { 'X-Total-Matching-Query': String(unfinished.length) });
};

const details: Handler = (context, { id, query }) => {
  const upload = context.store.upload(id);
  const parts = [...upload.reported].map(([number, headers]) => ({
    part_number: number,
    response: { headers },
  }));
  return jsonReply(200, {
    ...summary(context, upload),
    uploaded_parts_count: upload.reported.size,
    ...(query.get('list_parts')?.toLowerCase() === 'true' && { parts }),
  });
};

const partUrl: Handler = (context, { id, part }) => {
  const upload = context.store.upload(id);
  const { switches, addresses } = context;
  const { url, expiresAt } = addresses.issue(
    upload.id,
    parsePartNumber(part),
    switches.urlLifetimeMs,
  );
  const codes = { success_codes: [200] };
  const isInReply = switches.successCodesIn === 'reply';
  return jsonReply(200, {
    method: 'PUT',
    url,
    expires: switches.expires === 'iso' ? new Date(expiresAt).toISOString() : expiresAt,
    headers: switches.requiredHeaders,
    ...(isInReply && codes),
    report: { headers: switches.reportHeaders, body: null, ...(!isInReply && codes) },
  });
};

/** One part, or several in one call. A report of a part replaces an earlier one. */
const report: Handler = (context, { id, part, body }) => {
  const upload = context.store.upload(id);
  const reports = part === 'one' ? [parsePart(body)] : parseParts(body);
  addReports(upload, reports);
  return jsonReply(200, {});
};

function addReports(upload: Upload, reports: readonly PartReport[]): void {
  for (const { part_number: number, response } of reports)
    upload.reported.set(number, response.headers);
}

const complete: Handler = (context, { id, body }) => {
  const upload = context.store.upload(id);
  addReports(upload, parseCompletion(body));
  return jsonReply(200, rendered(context, context.store.complete(upload)));
};

function rendered(
  { origin }: SimulatorContext,
  { id, name, type, size, place, createdAt }: Entry,
): Record<string, unknown> {
  const time = new Date(createdAt).toISOString().replace(/\.\d+Z$/, 'Z');
  const times = { created_on: time, modified_on: time };
  return { href: `${origin}/v2/files/${id}`, id, name, type, size, ...place, ...times };
}

const abort: Handler = (context, { id }) => {
  context.store.upload(id).isForgotten = true;
  return { status: 204, headers: {}, body: '' };
};

const file: Handler = (context, { id }) =>
  jsonReply(200, rendered(context, context.store.entry(id)));

/** Items of a list have few fields, unless `fields=_all` asks for more. */
const files: Handler = (context, { query }) => {
  const place = placeOf(context, query.get('project'), query.get('parent'));
  const names = query.getAll('name');
  const found = context.store
    .in(place)
    .filter(({ name }) => names.length === 0 || names.includes(name))
    .map((entry) => rendered(context, entry))
    .map((item) => (query.get('fields') === '_all' ? item : withoutDetails(item)));
  const body = { href: `${context.origin}/v2/files?${query}`, items: found, links: [] };
  return jsonReply(200, body, { 'X-Total-Matching-Query': String(found.length) });
};

function withoutDetails(item: Record<string, unknown>): Record<string, unknown> {
  const { size: _, created_on: __, modified_on: ___, ...rest } = item;
  return rest;
}

const createFolder: Handler = (context, { body }) => {
  const { name, project, parent } = parseFolder(body);
  const place = writablePlaceOf(context, project, parent);
  return jsonReply(201, rendered(context, context.store.createFolder(place, name)));
};

const other: Handler = () => {
  throw new Rejection(404, 90003, 'The resource does not exist.');
};

/** The API's operations. @throws Rejection */
export const operations: Readonly<Record<Exclude<Operation, 'put' | 'rate-limit'>, Handler>> = {
  initialize,
  list,
  details,
  'part-url': partUrl,
  report,
  complete,
  abort,
  file,
  files,
  'create-folder': createFolder,
  other,
};

export type ApiOperation = keyof typeof operations | 'rate-limit';

const uploads = '/v2/upload/multipart';
const one = `${uploads}/(?<id>[^/]+)`;

/** A trailing slash is optional: sevenbridges-python reports to `/part/`. */
const routes: readonly (readonly [string, RegExp, ApiOperation])[] = [
  ['POST', new RegExp(`^${uploads}/?$`), 'initialize'],
  ['GET', new RegExp(`^${uploads}/?$`), 'list'],
  ['GET', new RegExp(`^${one}/?$`), 'details'],
  ['GET', new RegExp(`^${one}/part/(?<part>[^/]+)/?$`), 'part-url'],
  ['POST', new RegExp(`^${one}/part/?$`), 'report'],
  ['POST', new RegExp(`^${one}/?$`), 'report'],
  ['POST', new RegExp(`^${one}/complete/?$`), 'complete'],
  ['DELETE', new RegExp(`^${one}/?$`), 'abort'],
  ['GET', /^\/v2\/files\/?$/, 'files'],
  ['POST', /^\/v2\/files\/?$/, 'create-folder'],
  ['GET', /^\/v2\/files\/(?<id>[^/]+)\/?$/, 'file'],
  ['GET', /^\/v2\/rate_limit\/?$/, 'rate-limit'],
];

/** Returns the operation of a request line. `part` is `one` for the report of one part. */
export function findOperation(
  method: string,
  path: string,
): { operation: ApiOperation; id: string; part: string } {
  for (const [routeMethod, pattern, operation] of routes) {
    const match = routeMethod === method ? pattern.exec(path) : null;
    if (!match) continue;
    const { id = '', part = /\/part\/?$/.test(path) ? 'one' : '' } = match.groups ?? {};
    return { operation, id, part };
  }
  return { operation: 'other', id: '', part: '' };
}
