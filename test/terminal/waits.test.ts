import { describe, expect, it } from 'vitest';
import { slotWaitOf, waitLine, waitOf } from '#local/terminal/waits.ts';
import { errorNames } from '#src/core/errors/error-lookup.ts';

const now = Date.parse('2026-11-28T10:00:00Z');
const nextTry = '2026-11-28T10:00:12Z';

describe('N5: a wait', () => {
  it.each([
    [
      'NetworkError',
      'POST api.twelvelabs.io: the connection was refused (ECONNREFUSED)',
      'Waiting for the network (ECONNREFUSED to api.twelvelabs.io), next try in 12 s',
    ],
    [
      'NetworkError',
      'GET 127.0.0.1:9: the connection was refused (ECONNREFUSED)',
      'Waiting for the network (ECONNREFUSED to 127.0.0.1:9), next try in 12 s',
    ],
    [
      'SourceSupersededError',
      '"s3://this-computer/abc" was deleted after its inspection',
      'Waiting for the chunks in flight: the source has changed, next try in 12 s',
    ],
    [
      'ServiceUnavailableError',
      'POST /assets/multipart-uploads: 503',
      'Waiting for the service (POST /assets/multipart-uploads: 503), next try in 12 s',
    ],
    [
      'SourceUnavailableError',
      'SlowDown (503): reduce your request rate',
      'Waiting for S3 (SlowDown (503): reduce your request rate), next try in 12 s',
    ],
    [
      'SourceSignatureRejectedError',
      'GetObject: 403',
      'Waiting for S3, which rejects the signature; check the clock (GetObject: 403), next try in 12 s',
    ],
    [
      'SourceDeniedForNowError',
      's3:GetObject is denied',
      'Waiting for S3, which denies the object for now (s3:GetObject is denied), next try in 12 s',
    ],
    ['SomeError', 'words', 'Waiting for SomeError (words), next try in 12 s'],
  ])('for %s (%s) is one line', (error, reason, line) => {
    expect(waitLine(waitOf({ error, reason, nextTry }), now, 200)).toBe(line);
  });

  it.each(errorNames('retry'))('for %s does not show the name of the error', (error) => {
    expect(waitOf({ error }).what).not.toBe(error);
  });

  it('shows "retrying now" after the time of the next try', () => {
    const wait = waitOf({ error: 'NetworkError', reason: '', nextTry });
    expect(waitLine(wait, now + 20_000, 80)).toBe('Waiting for the network, retrying now');
  });

  it('shows no next try if its time is unknown', () => {
    expect(waitLine(waitOf({ error: 'NetworkError' }), now, 80)).toBe('Waiting for the network');
  });

  it.each([20, 38, 50])('has a shortened reason in %i columns', (columns) => {
    const reason = 'POST api.twelvelabs.io: the connection was refused (ECONNREFUSED)';
    const line = waitLine(waitOf({ error: 'NetworkError', reason, nextTry }), now, columns);
    expect(line.length).toBeLessThanOrEqual(columns);
    expect(line).toMatch(/^Waiting for the n/);
  });
});

describe('a wait for a slot', () => {
  it.each([
    ['no slot is free', 'a free slot (other transfers hold all slots)'],
    ['transfers are paused', 'transfers to resume (an operator paused them)'],
    ['the transfer window is closed', 'the transfer window to open'],
  ])('because %s is one line', (because, what) => {
    const line = waitLine(slotWaitOf({ because, nextTry }), now, 79);
    expect(line).toBe(`Waiting for ${what}, next try in 12 s`);
  });
});
