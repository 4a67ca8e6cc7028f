import { type Shape, type SizeName, shapeLabel, shapes, sizeLabel, sizes } from './shapes.ts';

/** Ways of moving an object from S3 into an upload session, in display order. */
export const moverNames = [
  'send path',
  'send path, CRC64NVME',
  'bare undici pipe',
  'bare undici pipe, MD5',
  'curl | tee md5sum | curl',
  'SDK helper after download',
  'rclone copyto',
  'ingest command',
  'npm run ingest',
] as const;

export type MoverName = (typeof moverNames)[number];

/**
 * The servers of a row: our own small ones over HTTP or over TLS, or versitygw as the source and, through
 * its presigned part URLs, as the upload host.
 */
export type Place = 'local' | 'tls' | 's3';

/** One object size in one shape, moved by several movers in turn. */
export interface Row {
  readonly id: string;
  readonly title: string;
  readonly place: Place;
  readonly sizeBytes: number;
  /** Objects of one run. A run of one small object lasts a fraction of a second and says little. */
  readonly objects: number;
  readonly shape: Shape;
  readonly movers: readonly MoverName[];
  /** Whether the row is left out unless it is named. */
  readonly isOptional?: boolean;
}

const objectsOfSmallRow = 20;

/** The movers of every shape. */
const usualMovers: readonly MoverName[] = [
  'send path',
  'send path, CRC64NVME',
  'bare undici pipe, MD5',
  'curl | tee md5sum | curl',
];

const allLocalMovers: readonly MoverName[] = [
  'send path',
  'send path, CRC64NVME',
  'bare undici pipe',
  'bare undici pipe, MD5',
  'curl | tee md5sum | curl',
  'SDK helper after download',
];

const checkedSendPath: MoverName = 'send path, CRC64NVME';

/** All rows. An id is `<object size>/<chunk size>`, or the name of a special row. */
export const rows: readonly Row[] = [
  localRow('64MiB', '5MiB'),
  localRow('64MiB', '16MiB'),
  localRow('64MiB', '64MiB'),
  localRow('2GiB', '5MiB'),
  localRow('2GiB', '16MiB', { movers: allLocalMovers }),
  localRow('2GiB', '64MiB'),
  localRow('8GiB', '5MiB', { isOptional: true }),
  localRow('8GiB', '16MiB'),
  localRow('8GiB', '64MiB', { isOptional: true }),
  {
    ...localRow('2GiB', '16MiB', {
      movers: [checkedSendPath, 'bare undici pipe, MD5', 'curl | tee md5sum | curl'],
    }),
    id: 'tls',
    title: '2 GiB, 16 MiB × 4, over TLS both ways',
    place: 'tls',
  },
  {
    ...localRow('1GiB', '16MiB', { movers: [checkedSendPath, 'rclone copyto'] }),
    id: 'rclone',
    title: '1 GiB, 16 MiB × 4, between two S3 servers',
    place: 's3',
  },
  {
    ...localRow('1GiB', '16MiB', { movers: ['ingest command', 'rclone copyto'] }),
    id: 'ingest',
    title: '1 GiB, 16 MiB × 8, whole commands between two S3 servers',
    place: 's3',
    shape: { chunkSizeBytes: shapes['16MiB'].chunkSizeBytes, inFlight: 8, rangesAtOnce: 2 },
  },
  {
    ...localRow('64MiB', '16MiB', { movers: ['npm run ingest'] }),
    id: 'start',
    title: 'the start of npm run ingest, until its first GET',
    objects: 1,
  },
];

/** The rows of `--smoke`: every mover once, on objects that have a CRC64NVME and on objects without. */
export const smokeRows: readonly Row[] = [
  { ...localRow('64MiB', '5MiB', { movers: allLocalMovers }), objects: 1 },
];

function localRow(
  size: SizeName,
  shapeName: keyof typeof shapes,
  { movers = usualMovers, isOptional = false }: Partial<Pick<Row, 'movers' | 'isOptional'>> = {},
): Row {
  const sizeBytes = sizes[size];
  const shape = shapes[shapeName];
  return {
    id: `${size}/${shapeName}`,
    title: `${sizeLabel(sizeBytes)}, ${shapeLabel(shape)}`,
    place: 'local',
    sizeBytes,
    objects: size === '64MiB' ? objectsOfSmallRow : 1,
    shape,
    movers,
    isOptional,
  };
}
