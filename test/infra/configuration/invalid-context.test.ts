import { describe, expect, it } from 'vitest';
import { transferProps } from '#infra/context/transfers.ts';
import { synthesizeTemplate } from '#infra/synthesize.ts';
import { errorOf } from '../deployed.ts';
import { validWindow, windowFlaws } from './window-flaws.ts';

type Context = Record<string, unknown>;

describe("the context of the transfers' stack", () => {
  it.each<[string, Context, string]>([
    [
      'a misspelt key',
      { sourceBucket: 'films' },
      'Invalid context key "sourceBucket": unknown key. Did you mean "sourceBuckets"?',
    ],
    [
      'a misspelt number',
      { maxActiveTransfer: '5' },
      'Invalid context key "maxActiveTransfer": unknown key. Did you mean "maxActiveTransfers"?',
    ],
    ...(
      [
        ['requestPayer', 'true'],
        ['waitWhileDeniedSeconds', '3600'],
        ['maxSize', '3600'],
        ['switchOnEvents', 'true'],
        ['kmsKeyArn', '"…"'],
        ['region', '"…"'],
        ['account', '"…"'],
      ] as const
    ).map(([key, value]): [string, Context, string] => [
      `${key} outside a source`,
      { [key]: 'x' },
      `Invalid context key "${key}": must be a field of sources. Use -c sources='[{"bucket":"…","${key}":${value}}]'`,
    ]),
    [
      'a key of the other stack',
      { busArn: 'arn' },
      'Invalid context key "busArn": must be used with stack=source-account. This is stack=transfers.',
    ],
    [
      'a number that is text',
      { mapConcurrency: 'banana' },
      'Invalid mapConcurrency "banana": must be a whole number from 1 to 40.',
    ],
    [
      'a boolean instead of a number',
      { mapConcurrency: true },
      'Invalid mapConcurrency true: must be a whole number from 1 to 40.',
    ],
    [
      'a requestPayer that is text',
      { sources: [{ bucket: 'films', requestPayer: 'requester' }] },
      'Invalid sources[0].requestPayer "requester": must be true or false.',
    ],
    [
      'a time of a fraction of a second',
      { sources: [{ bucket: 'films', waitWhileDeniedSeconds: 1.5 }] },
      'Invalid sources[0].waitWhileDeniedSeconds 1.5: must be 60 to 86,400 whole seconds.',
    ],
    [
      'a time that is too short',
      { sources: [{ bucket: 'films', waitWhileDeniedSeconds: 5 }] },
      'Invalid sources[0].waitWhileDeniedSeconds 5: must be 60 to 86,400 whole seconds.',
    ],
    [
      'a time in words',
      { sources: [{ bucket: 'films', waitWhileDeniedSeconds: '1h' }] },
      'Invalid sources[0].waitWhileDeniedSeconds "1h": must be 60 to 86,400 whole seconds.',
    ],
    [
      'a transfer window that is not JSON',
      { transferWindow: '22:00-06:00' },
      'Invalid transferWindow "22:00-06:00": must be an object.',
    ],
    [
      'a transfer window that is a list',
      { transferWindow: '["22:00","06:00"]' },
      'Invalid transferWindow ["22:00","06:00"]: must be an object.',
    ],
    [
      'a transfer window without a time zone',
      { transferWindow: { from: '22:00', to: '06:00' } },
      'Missing transferWindow.timeZone: must be text.',
    ],
    [
      'a transfer window with a misspelt field',
      { transferWindow: { ...validWindow, timezone: 'UTC' } },
      'Invalid transferWindow key "timezone": unknown key. Did you mean "timeZone"?',
    ],
    [
      'a transfer window whose time is a number',
      { transferWindow: { ...validWindow, from: 22 } },
      'Invalid transferWindow.from 22: must be text.',
    ],
    [
      'a broken number',
      { mapConcurrency: 1.5 },
      'Invalid mapConcurrency 1.5: must be a whole number from 1 to 40.',
    ],
    [
      'an empty list, which would match every object',
      { sourceBuckets: 'films', suffixes: ',' },
      'Invalid suffixes[0] "": must have its dot. Use ".mp4".',
    ],
    [
      'an empty list from an unset variable',
      { sourceBuckets: 'films', suffixes: '' },
      'Invalid suffixes[0] "": must have its dot. Use ".mp4".',
    ],
    [
      'a media type without its suffix',
      { sourceBuckets: 'films', mediaTypes: 'video' },
      'Invalid mediaTypes "video": must be comma-separated pairs such as .r3d=video, each suffix once.',
    ],
    [
      'a suffix with two media types',
      { sourceBuckets: 'films', mediaTypes: '.r3d=video,.r3d=image' },
      'Invalid mediaTypes ".r3d=video,.r3d=image": must be comma-separated pairs',
    ],
    [
      'media types that are a list',
      { sources: [{ bucket: 'films', mediaTypes: ['.r3d'] }] },
      'Invalid sources[0].mediaTypes [".r3d"]: must be an object such as {".r3d":"video"}.',
    ],
    [
      'buckets with empty names',
      { sourceBuckets: ',' },
      'Invalid sourceBuckets[0] "": must be a bucket name',
    ],
    [
      'an empty entry',
      { sourceBuckets: 'films', prefixes: 'in/,,' },
      'Invalid prefixes[1] "": must not be empty. Omit prefixes to take any key.',
    ],
    [
      'an empty JSON array',
      { sourceBuckets: [] },
      'Invalid sourceBuckets []: must have at least one entry.',
    ],
    [
      'a list of numbers',
      { sourceBuckets: [1] },
      'Invalid sourceBuckets[0] 1: must be the name of a bucket.',
    ],
    [
      'a bucket that is listed twice',
      { sourceBuckets: 'abc,abc' },
      'Invalid sourceBuckets[1] "abc": must be listed once.',
    ],
    [
      'a negative size',
      { sourceBuckets: 'films', minSize: '-1' },
      'Invalid minSize "-1": must be a whole number of at least 0.',
    ],
    [
      'neither true nor false',
      { tableDeletionProtection: 'no' },
      'Invalid tableDeletionProtection "no": must be true or false.',
    ],
    [
      'filters without buckets',
      { suffixes: '.mp4' },
      'Missing sourceBuckets: suffixes is set. Or set suffixes for each source in sources.',
    ],
    ['sources that are not JSON', { sources: '[{' }, 'Invalid sources "[{": must be a JSON array.'],
    ['sources that are an object', { sources: '{}' }, 'Invalid sources {}: must be a JSON array.'],
    [
      'a source that is text',
      { sources: ['films'] },
      'Invalid sources[0] "films": must be an object.',
    ],
    [
      'a misspelt field of a source',
      { sources: [{ bucket: 'films' }, { bucket: 'talks', sufixes: ['.mp4'] }] },
      'Invalid sources[1] key "sufixes": unknown key. Did you mean "suffixes"?',
    ],
    [
      'a list field that is text',
      { sources: [{ bucket: 'films', prefixes: 'in/' }] },
      'Invalid sources[0].prefixes "in/": must be a list.',
    ],
    [
      'a source without a bucket',
      { sources: [{}] },
      'Missing sources[0].bucket: must be the name of a bucket.',
    ],
    [
      'a source account without an external id',
      { sourceAccounts: [{ account: '111122223333' }] },
      'Missing sourceAccounts[0].externalId: must be 2 to 1,224',
    ],
  ])('rejects %s on one line', (_, context, message) => {
    const line = errorOf(() => transferProps(context));
    expect(line).toContain(`ConfigurationError: ${message}`);
    expect(line).not.toContain('\n');
  });
});

describe('a transfer window by context', () => {
  it.each(windowFlaws)('%o fails on one line', (transferWindow, flaw) => {
    const context = { transferWindow: JSON.stringify(transferWindow) };
    expect(errorOf(() => synthesizeTemplate(transferProps(context)))).toBe(
      `ConfigurationError: Invalid transferWindow.${flaw}.`,
    );
  });
});
