import type { TwelveLabsSwitches } from '#local/simulators/twelvelabs/settings/switches.ts';

/** Undocumented behaviour of the service, one variant at a time. */
export const variants: readonly (readonly [string, Partial<TwelveLabsSwitches>])[] = [
  ['the service behaves as documented', {}],
  ['reports are counted after completion too', { reportAfterCompletion: 'count-duplicates' }],
  ['a completed chunk gets no URL', { countPastEnd: 'clip', completedChunkUrls: 'skip' }],
  ['an expired session is not found', { expiredSession: 'not-found' }],
  ['a session completes some time after its last report', { completedAfterMs: 20_000 }],
  ['an asset is not found before its upload completes', { unfinishedAsset: 'not-found' }],
  ['only success uses up a URL', { singleUse: 'by-success' }],
  ['ETags are of SSE-KMS', { etag: 'kms' }],
  ['ETags are not hexadecimal', { etag: 'opaque' }],
  ['ETags are of SSE-KMS, undeclared', { etag: 'kms-silent' }],
  ['a bad proof fails its chunk', { badReport: 'mark-failed' }],
  ['a session has no initial URLs', { initialUrls: 0 }],
  ['a rejected PUT closes its connection', { rejectedPut: 'close' }],
  [
    'headers are part of the signature',
    {
      requireUploadHeaders: true,
      uploadHeaders: { 'Content-Type': 'video/mp4', 'x-amz-meta-made-by': 'us' },
    },
  ],
];
