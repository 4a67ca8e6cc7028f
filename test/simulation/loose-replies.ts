import type { HttpReply } from '#src/core/ports/transport.ts';
import type { Chance } from './chance.ts';
import type { Mishaps } from './fault-classes.ts';
import type { Operation } from './faulty-transport.ts';

type Fields = Record<string, unknown>;

const minuteMs = 60_000;

/** Words that no document names. Each means that the service is still working. */
const unknownWords = {
  session: ['finalizing', 'validating', 'COMPLETING', 'in_review'],
  asset: ['queued', 'validating', 'indexing', 'PROCESSING'],
  chunk: ['uploading', 'verifying', 'received'],
} as const;

type Subject = keyof typeof unknownWords;

/** Fields of each reply that say nothing about bytes. */
const optionalFields: Readonly<Record<Operation, readonly string[]>> = {
  create: ['expires_at', 'upload_urls', 'upload_headers'],
  presign: ['upload_id', 'start_index', 'count', 'generated_at', 'expires_at'],
  report: ['asset_id'],
  status: [
    'upload_id',
    'page_info',
    'total_size',
    'uploaded_size',
    'created_at',
    'updated_at',
    'uploaded_chunks',
  ],
  asset: ['_id', 'method', 'filename', 'file_type', 'created_at', 'user_metadata', 'size', 'error'],
  list: ['page_info'],
  put: [],
};

/** Counts that a server leaves out when they are zero. */
const counts: Partial<Record<Operation, readonly string[]>> = {
  report: ['processed_chunks', 'duplicate_chunks', 'total_completed'],
  status: ['chunks_completed', 'chunks_failed', 'chunks_pending'],
};

/** Lists in replies, with the fields of their entries that say nothing about bytes. */
const entryFields: Readonly<Record<string, readonly string[]>> = {
  upload_urls: ['expires_at'],
  uploaded_chunks: ['uploaded_at', 'updated_at'],
  data: ['chunk_size', 'total_chunks', 'expires_at'],
};

/** Replies of the API as a service words them that is not bound to its documents. */
export class LooseReplies {
  readonly #mishaps: Mishaps;
  readonly #chance: Chance;
  readonly #unknownUntil = new Map<Subject, number>();

  constructor(mishaps: Mishaps, chance: Chance) {
    this.#mishaps = mishaps;
    this.#chance = chance;
  }

  /** The reply with unknown words, and with fields that are null, missing or added. */
  loosen(operation: Operation, url: string, reply: HttpReply): HttpReply {
    if (operation === 'put' || reply.status < 200 || reply.status > 299) return reply;
    const thinned = this.#thinning();
    const subjects = this.#unknownSubjects(operation);
    if (!thinned && subjects.length === 0) return reply;
    const body = JSON.parse(reply.text) as Fields;
    for (const subject of subjects) this.#replaceWords(subject, body);
    if (thinned) this.#thin(operation, url, body, thinned);
    return { ...reply, text: JSON.stringify(body) };
  }

  #thinning(): 'null' | 'omitted' | undefined {
    if (this.#mishaps.strikes('null fields')) return 'null';
    return this.#mishaps.strikes('omitted fields') ? 'omitted' : undefined;
  }

  /** Of whose status this reply tells, those that are unknown words at the moment. */
  #unknownSubjects(operation: Operation): Subject[] {
    const told: Subject[] =
      operation === 'status' ? ['session', 'chunk'] : operation === 'asset' ? ['asset'] : [];
    if (told.length === 0 || this.#mishaps.isCalm) return [];
    if (this.#mishaps.strikes('unknown status')) {
      const forMs = this.#chance.between(10_000, this.#chance.pick([1, 5, 20]) * minuteMs);
      this.#unknownUntil.set(this.#chance.pick(told), Date.now() + forMs);
    }
    return told.filter((subject) => Date.now() < (this.#unknownUntil.get(subject) ?? 0));
  }

  #replaceWords(subject: Subject, body: Fields): void {
    const words = unknownWords[subject];
    if (subject !== 'chunk') {
      body.status = this.#chance.pick(words);
      return;
    }
    for (const chunk of entriesOf(body, 'uploaded_chunks'))
      if (this.#chance.hits(0.7)) chunk.status = this.#chance.pick(words);
  }

  #thin(operation: Operation, url: string, body: Fields, how: 'null' | 'omitted'): void {
    const zeros = (counts[operation] ?? []).filter((name) => body[name] === 0);
    const optional = optionalFields[operation].filter((name) => mayBeLeftOut(name, url, body));
    this.#thinOut(body, [...optional, ...zeros], how);
    for (const [list, names] of Object.entries(entryFields))
      for (const entry of entriesOf(body, list)) this.#thinOut(entry, names, how);
  }

  #thinOut(fields: Fields, names: readonly string[], how: 'null' | 'omitted'): void {
    for (const name of names) {
      if (!(name in fields) || this.#chance.hits(0.4)) continue;
      if (how === 'null') fields[name] = null;
      else delete fields[name];
    }
    fields.shard = { zone: 'a', replicas: [1, null] };
  }
}

function entriesOf(body: Fields, list: string): Fields[] {
  const entries = body[list];
  return Array.isArray(entries) ? entries : [];
}

/** An asset that failed says why; a list of chunks says nothing only while all of them are pending. */
function mayBeLeftOut(name: string, url: string, body: Fields): boolean {
  if (name === 'error') return body.status !== 'failed';
  if (name !== 'uploaded_chunks') return true;
  const isForCounts = new URL(url).searchParams.get('page_limit') === '1';
  const isUntouched = body.chunks_completed === 0 && body.chunks_failed === 0;
  return isForCounts || isUntouched;
}
