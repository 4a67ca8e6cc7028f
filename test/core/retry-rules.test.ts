import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ErrorName, errorCatalogue, errorNames } from '#src/core/errors/error-lookup.ts';
import { errorMeanings, nameMeans } from '#src/core/errors/error-meanings.ts';
import { type CallContext, decide, type StepContext } from '#src/core/errors/retry-rules.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { boundOf, recoveryBounds } from '#src/core/limits/retry-bounds.ts';
import { boundsTable } from './bounds-table.ts';

const inCall = (changes: Partial<CallContext> = {}): CallContext => ({
  within: 'call',
  tries: 1,
  timeLeftMs: 250_000,
  random: () => 0.5,
  ...changes,
});
const inStep = (changes: Partial<StepContext> = {}): StepContext => ({
  within: 'step',
  waits: 0,
  waitingMs: 0,
  ...changes,
});
const errorOf = (name: ErrorName, retryAfterSeconds?: number) =>
  new TransferError(name, `a ${name}`, { retryAfterSeconds });

/** Errors with their own bounds. The state machine's Retry repeats a step without its table or its row. */
const special: readonly ErrorName[] = [
  ...errorMeanings.retriedByStateMachine.errors,
  'SourceDeniedForNowError',
  'SourceSignatureRejectedError',
  'SourceInconsistentError',
];

/** Transient errors that a step waits for. */
const transient = errorNames('retry').filter((name) => !special.includes(name));

describe('a decision', () => {
  it.each(errorNames('fail'))('ends at once by %s', (name) => {
    const error = errorOf(name);
    expect(decide(error, inCall())).toEqual({ action: 'end', error });
    expect(decide(error, inStep())).toEqual({ action: 'end', error });
  });

  it.each(transient)(
    'repeats %s within a call, waits for hours, then ends by a final error',
    (name) => {
      expect(decide(errorOf(name), inCall())).toMatchObject({ action: 'repeat' });
      const last = inCall({ tries: boundOf('triesPerCall') });
      expect(decide(errorOf(name), last)).toMatchObject({ action: 'wait' });
      const late = inStep({ waits: 40, waitingMs: 5 * 3_600_000 });
      expect(decide(errorOf(name), late)).toMatchObject({ action: 'wait', seconds: 300 });
      const tooLate = inStep({ waits: 90, waitingMs: boundOf('patience') * 1000 });
      expect(decide(errorOf(name), tooLate)).toMatchObject({
        action: 'end',
        error: { name: 'OutageTooLongError', message: `a ${name} (${name} for 360 minutes)` },
      });
    },
  );

  it('gives no error up under a name that the state machine repeats', () => {
    const afterDays = inStep({ waits: 999, waitingMs: 72 * 3_600_000 });
    const waited = errorNames('retry').filter((name) => !nameMeans(name, 'retriedByStateMachine'));
    const ends = waited.map((name) => decide(errorOf(name), afterDays));
    expect(ends.map((end) => end.action === 'end' && end.error.disposition)).toEqual(
      waited.map(() => 'fail'),
    );
  });

  it('waits for a denial as long as its source configures, then ends with the final error', () => {
    const error = errorOf('SourceDeniedForNowError');
    expect(decide(error, inCall())).toEqual({ action: 'wait', seconds: 0 });
    const early = inStep({ waits: 9, waitingMs: 599_000, deniedSeconds: 600 });
    expect(decide(error, early)).toMatchObject({ action: 'wait' });
    const late = inStep({ waits: 9, waitingMs: 600_000, deniedSeconds: 600 });
    expect(decide(error, late)).toMatchObject({
      action: 'end',
      error: {
        name: 'SourceAccessDeniedError',
        message: expect.stringMatching(/for 10 minutes/),
      },
    });
  });

  it.each([
    ['a rejected signature', 'SourceSignatureRejectedError', 'SourceCredentialsRejectedError'],
    ['a HEAD that no GET confirms', 'SourceInconsistentError', 'SourceProtocolError'],
  ] as const)('retries %s for two minutes, then ends with the final error', (_, first, final) => {
    const error = errorOf(first);
    expect(decide(error, inCall())).toMatchObject({ action: 'repeat' });
    expect(decide(error, inStep({ waitingMs: 119_000 }))).toMatchObject({ action: 'wait' });
    expect(decide(error, inStep({ waitingMs: 120_000 }))).toMatchObject({
      action: 'end',
      error: { name: final },
    });
  });

  it('waits as long as Retry-After, and leaves a long wait to the state machine', () => {
    expect(decide(errorOf('ThrottledError', 7), inCall())).toEqual({
      action: 'repeat',
      afterMs: 7_000,
    });
    const hours = errorOf('ThrottledError', 7_200);
    expect(decide(hours, inCall())).toEqual({ action: 'wait', seconds: 7_200 });
    expect(decide(hours, inStep())).toEqual({ action: 'wait', seconds: 7_200 });
  });

  it('retries a rejected chunk on a few fresh URLs within two minutes, then ends with the rejection', () => {
    const error = new TransferError('PresignedUrlRejectedError', 'chunk 3 at host: 403 Denied', {
      status: 403,
    });
    const waits: number[] = [];
    for (let tries = 1; tries < boundOf('freshUrls'); tries++) {
      const decision = decide(error, inCall({ tries }));
      expect(decision).toMatchObject({ action: 'renew', what: 'url' });
      waits.push('afterMs' in decision ? decision.afterMs : Number.NaN);
    }
    const total = waits.reduce((sum, ms) => sum + ms, 0);
    expect(total).toBeLessThanOrEqual(boundOf('rejectionPatience') * 1000);
    const end = decide(error, inCall({ tries: boundOf('freshUrls'), rejectedForMs: total }));
    expect(end).toMatchObject({
      action: 'end',
      error: { name: 'UploadRejectedError', status: 403, message: /403 Denied.*5 sends/ },
    });
  });

  it('renews a lost session', () => {
    const renew = { action: 'renew', what: 'session', afterMs: 0 };
    expect(decide(errorOf('SessionExpiredError'), inCall())).toEqual(renew);
    expect(decide(errorOf('SessionExpiredError'), inStep())).toEqual(renew);
  });

  it('opens only a few sessions in an hour of lost create replies', () => {
    let seconds = 0;
    let creates = 1;
    for (let waits = 0; seconds < 3_600; waits++, creates++) {
      const waitingMs = seconds * 1000;
      const decision = decide(
        errorOf('CreateReplyLostError'),
        inStep({ waits, waitingMs, createsLost: creates }),
      );
      seconds += decision.action === 'wait' ? decision.seconds : Number.POSITIVE_INFINITY;
    }
    expect(creates).toBeLessThanOrEqual(10);
  });

  it('does not count other waits as lost sessions', () => {
    const many = inStep({ waits: 60, waitingMs: 1_000, createsLost: 1 });
    const decision = decide(errorOf('CreateReplyLostError'), many);
    expect(decision).toEqual({ action: 'wait', seconds: 5 });
  });

  it('sends a mismatched chunk once after the others, and ends after a few sends', () => {
    const error = errorOf('ChunkMismatchError');
    const first = inCall({ mismatches: 2, canComeLater: true });
    expect(decide(error, first)).toMatchObject({ action: 'wait' });
    const undecided = inCall({ mismatches: boundOf('mismatchedSends'), isUndecided: true });
    expect(decide(error, undecided)).toMatchObject({ action: 'wait' });
    const last = inCall({ mismatches: boundOf('mismatchedSends') });
    expect(decide(error, last)).toMatchObject({
      action: 'end',
      error: { name: 'ChunkCorruptError' },
    });
  });
});

describe('the table of bounds', () => {
  it('is printed in the documentation', () => {
    const page = readFileSync(new URL('../../docs/how-it-works.md', import.meta.url), 'utf8');
    expect(page).toContain(boundsTable());
  });

  it('describes each bound and its reason', () => {
    for (const { bounds, because, value } of Object.values(recoveryBounds)) {
      expect([bounds, because].every((text) => text.length > 20)).toBe(true);
      expect(value).toBeGreaterThan(0);
    }
  });

  it('covers errors of every scope', () => {
    const scopes = new Set(Object.values(errorCatalogue).map(({ scope }) => scope));
    expect([...scopes].sort()).toEqual(['call', 'chunk', 'service', 'session', 'transfer']);
  });
});
