import fc from 'fast-check';
import { accounts, ours, theirs } from '../support/handler-harness.ts';
import { type Damage, damaged, damages } from './damage.ts';
import { hugeText, oddJson, oddName, oddText } from './odd-values.ts';

/** Returns S3's event of an object, as EventBridge delivers it. */
export function eventOf(
  { bucket, key }: { readonly bucket: string; readonly key: string },
  more: {
    readonly account?: string;
    readonly region?: string;
    readonly 'detail-type'?: string;
  } = {},
) {
  return {
    version: '0',
    id: '17793124-05d4-b198-2fde-7ededc63b103',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: accounts.ours,
    time: '2026-11-21T12:00:00Z',
    region: 'eu-west-1',
    resources: [`arn:aws:s3:::${bucket}`],
    ...more,
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: {
        key,
        size: 313,
        etag: 'b1946ac92492d2347c6235b4d2611184',
        sequencer: '00617F08299329D189',
      },
      'request-id': 'N4N7GDK58NMKJ12R',
      requester: '123456789012',
      'source-ip-address': '1.2.3.4',
      reason: 'PutObject',
    },
  };
}

const theirOrigin = { account: accounts.theirs, region: 'us-west-2' };
const goodEvents = fc.constantFrom(eventOf(ours), eventOf(theirs, theirOrigin));

/** Valid events of other accounts, regions, buckets or keys. */
const unmatchedEvents = fc.constantFrom(
  eventOf(ours, { account: accounts.unknown }),
  eventOf(ours, theirOrigin),
  eventOf(theirs),
  eventOf(theirs, { ...theirOrigin, region: 'eu-west-1' }),
  eventOf(theirs, { account: accounts.unknown, region: 'us-west-2' }),
  eventOf({ bucket: 'nobodys', key: 'film.mp4' }),
  eventOf({ ...theirs, key: 'out/film.mp4' }, theirOrigin),
  eventOf({ ...theirs, key: 'in/notes.txt' }, theirOrigin),
  eventOf({ ...ours, key: 'reels/' }),
  eventOf(ours, { 'detail-type': 'Object Deleted' }),
  eventOf({ ...ours, key: 'reels%2Ffilm.mp4' }),
  eventOf({ ...ours, key: 'reels/film.mp4%' }),
);

const oddKeys = fc
  .tuple(fc.constantFrom(ours, theirs), fc.oneof(oddText, hugeText))
  .map(([place, key]) => eventOf({ ...place, key }, place === theirs ? theirOrigin : {}));

/** Events of objects: valid, unmatched, and mostly damaged. */
export const events: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 1, arbitrary: goodEvents },
  { weight: 3, arbitrary: unmatchedEvents },
  { weight: 3, arbitrary: oddKeys },
  { weight: 20, arbitrary: spoiled(fc.oneof(goodEvents, unmatchedEvents), detailOf) },
);

/** Splits an event: damage is applied to the fields that the product reads. */
function detailOf(event: object): { read: object; rest: object } {
  const { source, account, region, detail } = event as ReturnType<typeof eventOf>;
  const read = {
    source,
    account,
    region,
    detail,
    'detail-type': (event as { 'detail-type': string })['detail-type'],
  };
  return { read, rest: event };
}

function spoiled(
  good: fc.Arbitrary<object>,
  aim: (value: object) => { read: object; rest: object },
): fc.Arbitrary<unknown> {
  return fc.tuple(good, damages).map(([value, ways]: [object, readonly Damage[]]) => {
    const { read, rest } = aim(value);
    const result = damaged(read, ways);
    const isObject = typeof result === 'object' && result !== null && !Array.isArray(result);
    return isObject ? { ...rest, ...withoutDropped(rest, read, result) } : result;
  });
}

function withoutDropped(rest: object, read: object, result: object): object {
  for (const name of Object.keys(read)) {
    if (!Object.hasOwn(result, name)) rest = { ...rest, [name]: undefined };
  }
  return result;
}

const fullInput = {
  ...ours,
  versionId: 'v1',
  filename: 'film.mp4',
  userMetadata: { title: 'A film', year: 1999, isFinal: true },
  enableHls: true,
  enableThumbnail: false,
  force: true,
};

const namedInputs = fc.record({
  bucket: fc.oneof(fc.constant(ours.bucket), oddText, hugeText),
  key: fc.oneof(fc.constant(ours.key), oddText, hugeText),
});

const extraFields = fc
  .tuple(oddName, oddJson)
  .map(([name, value]) => damaged({ ...ours }, [{ how: 'add', at: 0, name, by: value }]));

/** Inputs of manual starts: valid, and mostly damaged. */
export const plainInputs: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom<unknown>(ours, { ...fullInput, versionId: undefined }) },
  { weight: 4, arbitrary: namedInputs },
  { weight: 4, arbitrary: extraFields },
  { weight: 2, arbitrary: oddJson },
  {
    weight: 14,
    arbitrary: fc
      .tuple(fc.constantFrom<object>(ours, fullInput), damages)
      .map(([input, ways]) => damaged(input, ways)),
  },
);
