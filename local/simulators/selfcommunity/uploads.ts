import type { SimulatorClock } from '#local/simulators/clock.ts';
import { hexDigits } from '#local/simulators/randomness.ts';
import type { Random } from '#src/core/ports/clock.ts';
import type { SelfCommunitySwitches } from './switches.ts';

/** One upload: a file that only grows. */
export interface Upload {
  readonly id: string;
  readonly filename: string;
  /** The field of the first chunk. */
  readonly field: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly pieces: Buffer[];
  /** As the service counts, by the headers of the chunks. */
  offset: number;
  isComplete: boolean;
  isForgotten: boolean;
}

export interface Media {
  readonly id: number;
  readonly uploadId: string;
  readonly type: string;
  readonly filename: string;
  readonly addedAt: number;
  readonly bytes: Buffer;
  isDeleted: boolean;
}

/** All uploads and media. */
export class Store {
  readonly uploads: Upload[] = [];
  readonly media: Media[] = [];
  readonly #clock: SimulatorClock;
  readonly #switches: SelfCommunitySwitches;
  readonly #random: Random;

  constructor(clock: SimulatorClock, switches: SelfCommunitySwitches, random: Random) {
    this.#clock = clock;
    this.#switches = switches;
    this.#random = random;
  }

  /** Creates an upload, which is unknown until it is kept. */
  create(filename: string, field: string): Upload {
    const createdAt = this.#clock.now();
    const expiresAt = createdAt + this.#switches.uploadLifetimeMs;
    const id = hexDigits(this.#random, 32);
    const times = { createdAt, expiresAt };
    const state = { pieces: [], offset: 0, isComplete: false, isForgotten: false };
    return { id, filename, field, ...times, ...state };
  }

  keep(upload: Upload): void {
    if (!this.uploads.includes(upload)) this.uploads.push(upload);
  }

  upload(id: string): Upload | undefined {
    return this.uploads.find((one) => one.id === id && !one.isForgotten);
  }

  hasExpired({ expiresAt }: Upload): boolean {
    return expiresAt <= this.#clock.now();
  }

  /** Makes a media of an upload, however often it is called. */
  complete(upload: Upload, type: string): Media {
    upload.isComplete = true;
    const { id: uploadId, filename } = upload;
    const media = {
      ...{ id: 100 + this.media.length, uploadId, type, filename },
      ...{ addedAt: this.#clock.now(), bytes: bytesOf(upload), isDeleted: false },
    };
    this.media.push(media);
    return media;
  }

  find(id: string): Media | undefined {
    return this.media.find((one) => String(one.id) === id && !one.isDeleted);
  }
}

export function bytesOf({ pieces }: Upload): Buffer {
  return Buffer.concat(pieces);
}
