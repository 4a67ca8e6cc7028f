import { seededRandom } from '#local/simulators/randomness.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';

const MiB = 1024 * 1024;

export const bucket = 'films';

/** Of each hundred objects, one is large. The others spread evenly, so every hundred has the same bytes. */
export const sizes = { leastMiB: 50, mostMiB: 500, largeMiB: 10 * 1024, ofEach: 100 } as const;

/** The objects of a load, by their index. Nothing is stored: key and size follow from index and seed. */
export interface Objects {
  keyOf(index: number): string;
  indexOf(key: string): number;
  /** Returns the object as S3 describes it. */
  objectOf(index: number): SourceObject;
  /** Returns S3's event about the object. */
  eventOf(index: number): object;
}

export function createObjects(seed: number): Objects {
  const sizeOf = createSizes(seed);
  const keyOf = (index: number) => `archive/film ${index}.mp4`;
  const objectOf = (index: number): SourceObject => ({
    bucket,
    key: keyOf(index),
    etag: index.toString(16).padStart(32, '0'),
    sizeBytes: sizeOf(index),
    contentType: 'video/mp4',
  });
  return {
    keyOf,
    indexOf: (key) => Number(/(\d+)\.mp4$/.exec(key)?.[1]),
    objectOf,
    eventOf: (index) => eventOf(objectOf(index)),
  };
}

/** Shuffles the sizes within each hundred objects. Keeps the hundred that was asked for last. */
function createSizes(seed: number): (index: number) => number {
  let kept = { group: -1, sizes: [] as number[] };
  return (index) => {
    const group = Math.floor(index / sizes.ofEach);
    if (group !== kept.group) kept = { group, sizes: shuffledSizes(seed * 1_000_003 + group) };
    return kept.sizes[index % sizes.ofEach] ?? 0;
  };
}

function shuffledSizes(seed: number): number[] {
  const random = seededRandom(seed);
  const ranks = Array.from({ length: sizes.ofEach }, (_, rank) => ({ rank, draw: random() }));
  return ranks.sort((a, b) => a.draw - b.draw).map(({ rank }) => sizeOfRank(rank));
}

function sizeOfRank(rank: number): number {
  const { leastMiB, mostMiB, largeMiB, ofEach } = sizes;
  if (rank === 0) return largeMiB * MiB;
  return Math.round((leastMiB + ((mostMiB - leastMiB) * (rank - 1)) / (ofEach - 2)) * MiB);
}

function eventOf({ key, sizeBytes, etag }: SourceObject): object {
  return {
    source: 'aws.s3',
    'detail-type': 'Object Created',
    account: '111122223333',
    region: 'us-east-1',
    detail: { bucket: { name: bucket }, object: { key, size: sizeBytes, etag } },
  };
}
