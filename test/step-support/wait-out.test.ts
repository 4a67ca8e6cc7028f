import { describe, expect, it } from 'vitest';
import type { ErrorName } from '#src/core/errors/error-lookup.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import { waitOut } from '#src/step-support/wait-out.ts';
import { itemOf, StepHarness } from '../harness/step-harness.ts';

const hour = 3600 * 1000;
const subject = { step: 'SendChunks' };

/** Waits out several errors in a row. */
function waitOutAll(
  harness: StepHarness,
  errors: readonly [name: ErrorName, retryAfterSeconds?: number][],
) {
  let state: { outage?: ReturnType<typeof waitOut>['outage'] } = {};
  for (const [name, retryAfterSeconds] of errors) {
    const error = new TransferError(name, `a ${name}`, { retryAfterSeconds });
    const waiting = waitOut(harness.ports, state, error, subject);
    harness.doubles.clock.advance(
      Math.max(0, (waiting.outage.until ?? 0) - harness.doubles.clock.now()),
    );
    state = waiting;
  }
  return state;
}

describe('patience', () => {
  it('counts the part of a wait that the service did not request', async () => {
    const harness = await StepHarness.create();
    const error = new TransferError('ThrottledError', '429', { retryAfterSeconds: 1 });
    let state: Parameters<typeof waitOut>[1] = {};
    const begin = harness.doubles.clock.now();
    expect(() => {
      for (;;) {
        const waiting = waitOut(harness.ports, state, error, subject);
        harness.doubles.clock.advance(waiting.waitSeconds * 1000);
        state = waiting;
      }
    }).toThrow(/429/);
    expect(harness.doubles.clock.now() - begin).toBeLessThan(7 * hour);
  });

  it('does not count the hours that the service requested', async () => {
    const harness = await StepHarness.create();
    const named: [ErrorName, number] = ['ThrottledError', 8 * 3600];
    const after = waitOutAll(harness, [named, ['ThrottledError'], ['ServiceUnavailableError']]);
    expect(after.outage).toMatchObject({ waits: 3, excusedMs: 8 * hour });
  });

  it('ends after two days of requested waits', async () => {
    const harness = await StepHarness.create();
    const named: [ErrorName, number] = ['ThrottledError', 24 * 3600];
    expect(() => waitOutAll(harness, [named, named, named])).toThrow(/for 2880 minutes/);
  });

  it('allows a rejected chunk its fresh URLs also after another kind of outage', async () => {
    const harness = await StepHarness.create();
    const outage = Array.from({ length: 6 }, (): [ErrorName] => ['ServiceUnavailableError']);
    const state = waitOutAll(harness, outage);
    harness.doubles.clock.advance(hour);
    const rejection = new TransferError('PresignedUrlRejectedError', 'chunk 3: 403');
    expect(waitOut(harness.ports, state, rejection, subject).outage).toMatchObject({
      sameWaits: 1,
    });
  });

  it('starts again once chunks were stored', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    const since = harness.doubles.clock.now();
    const outage = { error: 'NetworkError', reason: 'reset', since, waits: 9 };
    harness.doubles.clock.advance(boundOf('patience') * 1000 + hour);
    await harness.send(itemOf(opened));
    harness.override({
      sessionStatus: async () => {
        throw new TransferError('ServiceUnavailableError', '502');
      },
    });
    const state = { ...opened, outage };
    const first = await harness.confirm(state);
    expect(first).toMatchObject({ next: 'wait', outage: { waits: 1 } });
    expect(await harness.confirm(harness.waitFor(first))).toMatchObject({ outage: { waits: 2 } });
  });

  it('adds the waited time without a second full stop', async () => {
    const harness = await StepHarness.create();
    const error = new TransferError('NetworkError', 'no route. Set HTTPS_PROXY.');
    const state = waitOut(harness.ports, {}, error, subject);
    harness.doubles.clock.advance(boundOf('patience') * 1000);
    expect(() => waitOut(harness.ports, state, error, subject)).toThrow(
      'no route. Set HTTPS_PROXY (NetworkError for 360 minutes)',
    );
  });
});
