import type { HttpReply } from '#src/core/ports/transport.ts';
import type { Chance } from '../harness/chance.ts';
import type { Faults } from './fault-classes.ts';
import type { Operation } from './faulty-transport.ts';

type Fields = Record<string, unknown>;

const minuteMs = 60_000;

/** Undocumented status values. Each means that the service still works on the upload. */
const unknownStatuses = {
  session: ['finalizing', 'validating', 'COMPLETING', 'in_review'],
  asset: ['queued', 'validating', 'indexing', 'PROCESSING'],
  chunk: ['uploading', 'verifying', 'received'],
} as const;

type Subject = keyof typeof unknownStatuses;

/** Fields of each reply without information about bytes. */
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

/** Counts that a server may omit if they are zero. */
const counts: Partial<Record<Operation, readonly string[]>> = {
  report: ['processed_chunks', 'duplicate_chunks', 'total_completed'],
  status: ['chunks_completed', 'chunks_failed', 'chunks_pending'],
};

/** Lists in replies, with the fields of their entries without information about bytes. */
const entryFields: Readonly<Record<string, readonly string[]>> = {
  upload_urls: ['expires_at'],
  uploaded_chunks: ['uploaded_at', 'updated_at'],
  data: ['chunk_size', 'total_chunks', 'expires_at'],
};

/** Alters replies of the API beyond its documentation. */
export class OffSpecReplies {
  readonly #faults: Faults;
  readonly #chance: Chance;
  readonly #unknownUntil = new Map<Subject, number>();

  constructor(faults: Faults, chance: Chance) {
    this.#faults = faults;
    this.#chance = chance;
  }

  /** Returns the reply with unknown status values and with null, absent or added fields. */
  alter(operation: Operation, url: string, reply: HttpReply): HttpReply {
    if (operation === 'put' || reply.status < 200 || reply.status > 299) return reply;
    const absence = this.#drawAbsence();
    const subjects = this.#unknownSubjects(operation);
    if (!absence && subjects.length === 0) return reply;
    const body = JSON.parse(reply.text) as Fields;
    for (const subject of subjects) this.#replaceStatus(subject, body);
    if (absence) this.#removeFields(operation, url, body, absence);
    return { ...reply, text: JSON.stringify(body) };
  }

  #drawAbsence(): 'null' | 'omitted' | undefined {
    if (this.#faults.strikes('null fields')) return 'null';
    return this.#faults.strikes('omitted fields') ? 'omitted' : undefined;
  }

  /** Returns the subjects of this reply whose status is unknown at the moment. */
  #unknownSubjects(operation: Operation): Subject[] {
    const subjects: Subject[] =
      operation === 'status' ? ['session', 'chunk'] : operation === 'asset' ? ['asset'] : [];
    if (subjects.length === 0 || this.#faults.isDisabled) return [];
    if (this.#faults.strikes('unknown status')) {
      const forMs = this.#chance.between(10_000, this.#chance.pick([1, 5, 20]) * minuteMs);
      this.#unknownUntil.set(this.#chance.pick(subjects), Date.now() + forMs);
    }
    return subjects.filter((subject) => Date.now() < (this.#unknownUntil.get(subject) ?? 0));
  }

  #replaceStatus(subject: Subject, body: Fields): void {
    const values = unknownStatuses[subject];
    if (subject !== 'chunk') {
      body.status = this.#chance.pick(values);
      return;
    }
    for (const chunk of entriesOf(body, 'uploaded_chunks'))
      if (this.#chance.hits(0.7)) chunk.status = this.#chance.pick(values);
  }

  #removeFields(operation: Operation, url: string, body: Fields, how: 'null' | 'omitted'): void {
    const zeroCounts = (counts[operation] ?? []).filter((name) => body[name] === 0);
    const optional = optionalFields[operation].filter((name) => mayBeAbsent(name, url, body));
    this.#removeSome(body, [...optional, ...zeroCounts], how);
    for (const [list, names] of Object.entries(entryFields))
      for (const entry of entriesOf(body, list)) this.#removeSome(entry, names, how);
  }

  #removeSome(fields: Fields, names: readonly string[], how: 'null' | 'omitted'): void {
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

/** Whether a field may be absent: not the reason of a failed asset, nor a list of touched chunks. */
function mayBeAbsent(name: string, url: string, body: Fields): boolean {
  if (name === 'error') return body.status !== 'failed';
  if (name !== 'uploaded_chunks') return true;
  const isForCounts = new URL(url).searchParams.get('page_limit') === '1';
  const isUntouched = body.chunks_completed === 0 && body.chunks_failed === 0;
  return isForCounts || isUntouched;
}
