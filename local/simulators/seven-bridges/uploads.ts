import type { SimulatorClock } from '#local/simulators/clock.ts';
import { hexDigits } from '#local/simulators/randomness.ts';
import type { Random } from '#src/core/ports/clock.ts';
import { Rejection } from './replies.ts';
import type { SevenBridgesSwitches } from './switches.ts';

const MiB = 1024 * 1024;
const minPartBytes = 5 * MiB;
const maxPartBytes = 5 * 1024 * MiB;
const defaultPartBytes = 64 * MiB;
export const maxParts = 10_000;

/** The bytes of the last PUT of a part. */
export interface StoredPart {
  readonly sizeBytes: number;
  readonly etag: string;
  /** Undefined if bytes are discarded. */
  readonly bytes: Buffer | undefined;
}

type Headers = Readonly<Record<string, string>>;

export interface Upload {
  readonly id: string;
  readonly place: Place;
  readonly name: string;
  readonly overwrite: boolean;
  /** Undefined if the client did not name it. */
  readonly size: number | undefined;
  readonly partSize: number;
  readonly initiated: number;
  readonly stored: Map<number, StoredPart>;
  /** The headers of each report. */
  readonly reported: Map<number, Headers>;
  isForgotten: boolean;
}

/** A project's top, or a folder. */
export interface Place {
  readonly project: string;
  readonly parent: string | undefined;
}

export interface Entry {
  readonly id: string;
  readonly type: 'file' | 'folder';
  readonly name: string;
  readonly place: Place;
  readonly size: number;
  readonly createdAt: number;
  readonly parts: readonly StoredPart[];
  isDeleted: boolean;
}

export interface Initialization {
  readonly place: Place;
  readonly name: string;
  readonly size: number | undefined;
  readonly partSize: number | undefined;
  readonly overwrite: boolean;
}

/** All uploads, files and folders. */
export class Store {
  readonly uploads: Upload[] = [];
  readonly entries: Entry[] = [];
  readonly #clock: SimulatorClock;
  readonly #switches: SevenBridgesSwitches;
  readonly #random: Random;

  constructor(clock: SimulatorClock, switches: SevenBridgesSwitches, random: Random) {
    this.#clock = clock;
    this.#switches = switches;
    this.#random = random;
  }

  /** @throws Rejection - 409 for a taken name, 400 for a file that is too large */
  initialize(wish: Initialization): Upload {
    const { size } = wish;
    if (size !== undefined && size > this.#switches.maxBytes)
      throw new Rejection(400, 8013, `Size ${size} exceeds ${this.#switches.maxBytes}.`);
    const upload = {
      id: hexDigits(this.#random, 24),
      ...wish,
      name: wish.overwrite ? wish.name : this.#freeName(wish.place, wish.name),
      partSize: this.#partSize(wish),
      initiated: this.#clock.now(),
      stored: new Map<number, StoredPart>(),
      reported: new Map<number, Headers>(),
      isForgotten: false,
    };
    this.uploads.push(upload);
    return upload;
  }

  /** Makes a file of an upload. With `overwrite`, deletes the file of that name. */
  complete(upload: Upload): Entry {
    const parts = assembled(upload, this.#switches.partSizes);
    const { place, name } = upload;
    const older = this.find(place, name);
    if (older && upload.overwrite) older.isDeleted = true;
    const size = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
    const entry = this.#add({ type: 'file', name, place, size, parts });
    upload.isForgotten = this.#switches.completedUpload === 'forgotten';
    return entry;
  }

  /** @throws Rejection - 409 */
  createFolder(place: Place, name: string): Entry {
    if (this.find(place, name)) throw new Rejection(409, 90007, `The name ${name} is taken.`);
    return this.#add({ type: 'folder', name, place, size: 0, parts: [] });
  }

  /** @throws Rejection - 404 */
  upload(id: string): Upload {
    const upload = this.uploads.find((one) => one.id === id && !one.isForgotten);
    if (upload) return upload;
    throw new Rejection(404, 8003, 'The upload does not exist.');
  }

  /** @throws Rejection - 404 */
  entry(id: string): Entry {
    const entry = this.entries.find((one) => one.id === id && !one.isDeleted);
    if (entry) return entry;
    throw new Rejection(404, 5002, 'The file does not exist.');
  }

  find(place: Place, name: string): Entry | undefined {
    return this.in(place).find((entry) => entry.name === name);
  }

  in({ project, parent }: Place): Entry[] {
    return this.entries.filter(
      ({ place, isDeleted }) => !isDeleted && place.project === project && place.parent === parent,
    );
  }

  #add(entry: Omit<Entry, 'id' | 'createdAt' | 'isDeleted'>): Entry {
    const id = hexDigits(this.#random, 24);
    const added = { ...entry, id, createdAt: this.#clock.now(), isDeleted: false };
    this.entries.push(added);
    return added;
  }

  #freeName(place: Place, name: string): string {
    if (!this.find(place, name)) return name;
    if (this.#switches.nameTaken === 'conflict')
      throw new Rejection(409, 8005, `A file named ${name} exists.`);
    for (let n = 1; ; n++) if (!this.find(place, `_${n}_${name}`)) return `_${n}_${name}`;
  }

  /** A missing or incompatible proposal gives the default. */
  #partSize({ size = 0, partSize }: Initialization): number {
    const fixed = this.#switches.partSize;
    if (fixed !== 'negotiated') return fixed;
    const isCompatible =
      partSize !== undefined &&
      partSize >= minPartBytes &&
      partSize <= maxPartBytes &&
      size <= partSize * maxParts;
    return isCompatible ? partSize : Math.max(defaultPartBytes, Math.ceil(size / maxParts));
  }
}

/** @throws Rejection - 400 with 8007: a part is missing, not as reported, or of the wrong size */
function assembled(upload: Upload, sizes: 'exact' | 'any'): StoredPart[] {
  const count = partCount(upload, sizes);
  const parts = Array.from({ length: count }, (_, i) => reportedPart(upload, i + 1));
  const total = parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (upload.size !== undefined && total !== upload.size)
    throw new Rejection(400, 8007, `The parts have ${total} bytes, not ${upload.size}.`);
  const odd = parts.slice(0, -1).findIndex(({ sizeBytes }) => sizeBytes !== upload.partSize);
  if (sizes === 'exact' && odd >= 0)
    throw new Rejection(400, 8007, `Part ${odd + 1} has not ${upload.partSize} bytes.`);
  return parts;
}

function partCount({ size, partSize, reported }: Upload, sizes: 'exact' | 'any'): number {
  const highest = Math.max(1, ...reported.keys());
  if (size === undefined || sizes === 'any') return highest;
  return Math.max(1, Math.ceil(size / partSize));
}

function reportedPart({ stored, reported }: Upload, number: number): StoredPart {
  const part = stored.get(number);
  const headers = reported.get(number);
  if (!headers) throw new Rejection(400, 8007, `Part ${number} is not reported.`);
  const etag = Object.entries(headers).find(([name]) => name.toLowerCase() === 'etag')?.[1];
  // A client may report the quotes of the header.
  if (part && etag?.replace(/^"(.*)"$/, '$1') === part.etag) return part;
  throw new Rejection(400, 8007, `Part ${number} is not stored as reported.`);
}
