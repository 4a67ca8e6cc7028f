import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorCatalogue, errorNames, isErrorName } from '#src/core/errors/error-lookup.ts';
import {
  maxChunksPerSession,
  maxRangesPerExecution,
  maxRangesPerPlan,
  maxRoundsPerExecution,
  maxSessionsPerExecution,
  minBytesPerSender,
  minChunksPerSender,
  plannedBytesPerSecond,
} from '#src/core/limits/limits.ts';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import { maxBytesByMediaType } from '#src/destinations/twelvelabs/limits.ts';
import { maxMetadataLength } from '#src/destinations/twelvelabs/user-metadata.ts';

const page = readFileSync(new URL('../../docs/limits.md', import.meta.url), 'utf8');

/** The rows of the tables that name an error for each thing that is not supported. */
const rows = page
  .split('\n\n')
  .filter((block) => block.startsWith('| what | error | instead |'))
  .flatMap((table) => table.split('\n').slice(2))
  .filter((line) => line.startsWith('| '));

/** The errors in the second cell of each row. */
const named = new Set(
  rows.flatMap((row) => row.split(' | ')[1]?.match(/(?<=`)\w+Error(?=`)/g) ?? []),
);

/** Errors with an external cause that end a transfer. They are not limits of Chunkferry. */
const noLimits = new Set([
  'AssetFailedError',
  'CredentialsRejectedError',
  'DestinationChangedError',
  'ExecutionEndedError',
  'FencedOutError',
  'CompletionUnknownError',
  'NameTakenError',
  'OutcomeNotRecordedError',
  'PreflightFailedError',
  'ProjectDeniedError',
  'ProjectNotFoundError',
  'ProtocolViolationError',
  'SourceAccessDeniedError',
  'SourceChecksumMismatchError',
  'SourceClaimRejectedError',
  'SourceCredentialsRejectedError',
  'SourceNotFoundError',
  'SourceProtocolError',
  'SourceRegionMismatchError',
  'SourceRoleRejectedError',
  // An execution with this error succeeds.
  'SourceSupersededError',
  'TransferCancelledError',
  'UnexpectedError',
  'UploadFailedError',
]);

const hours = (seconds: number) => `${seconds / 3600} hours`;

describe('docs/limits.md', () => {
  it('names the error, or `none`, and the alternative in each row', () => {
    const wrong = rows.filter((row) => {
      const [, error = '', instead = ''] = row.split(' | ');
      return !/`\w+Error`|^none: /.test(error) || instead.trim() === '|';
    });
    expect(wrong).toEqual([]);
    expect(rows.length).toBeGreaterThan(30);
  });

  it('names only errors of the catalogue', () => {
    expect([...named].filter((name) => !isErrorName(name))).toEqual([]);
  });

  it('names every final error, except those that are not limits', () => {
    const missing = errorNames('fail').filter((name) => !named.has(name) && !noLimits.has(name));
    expect(missing).toEqual([]);
  });

  it('names no transient error', () => {
    const passing = [...named].filter(
      (name) => isErrorName(name) && errorCatalogue[name].disposition !== 'fail',
    );
    expect(passing).toEqual([]);
  });

  it.each([
    `more than ${maxBytesByMediaType.video / 1024 ** 3} GiB`,
    `more than ${maxBytesByMediaType.image / 1024 ** 2} MiB`,
    `more than ${maxChunksPerSession.toLocaleString('en-US')} chunks in one upload session`,
    `a range for each ${minChunksPerSender} chunks or ${minBytesPerSender / 1024 ** 2} MiB`,
    `at ${plannedBytesPerSecond / 1e6} MB/s`,
    `more than ${maxRangesPerPlan} ranges in one plan`,
    `${maxRoundsPerExecution} rounds, or ${maxRangesPerExecution} ranges`,
    `more than ${maxSessionsPerExecution} sessions`,
    `longer than ${hours(boundOf('confirmation'))} until the service confirms`,
    `longer than ${hours(boundOf('readiness'))} until the asset is ready`,
    `know ${boundOf('assetMissing') / 60} minutes after`,
    `more than ${maxMetadataLength.toLocaleString('en-US')} characters`,
  ])('contains the value of the code: %s', (words) => {
    expect(page).toContain(words);
  });

  it('is linked from the README', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    expect(readme).toContain('(docs/limits.md)');
  });
});
