import { beforeEach, describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Finding } from '#src/core/preflight-findings.ts';
import { preflightSteps, type StepFindings } from '#src/preflight/preflight.ts';
import { failing, openPreflight, type PreflightHarness } from './preflight-harness.ts';

let harness: PreflightHarness['harness'];
let ports: PreflightHarness['ports'];
let check: PreflightHarness['check'];
let conclude: PreflightHarness['conclude'];
beforeEach(async () => {
  ({ harness, ports, check, conclude } = await openPreflight());
});

describe('the conclusion of a preflight', () => {
  const good: StepFindings = { findings: [{ check: 'a', ok: true }], passed: 1, failed: 0 };
  const allGood = {
    preflight: true,
    ...Object.fromEntries(preflightSteps.map((step) => [step, good])),
  };

  it('succeeds if all checks pass, including those of RecordOutcome', async () => {
    const recorded = await conclude(allGood);
    expect(recorded).toMatchObject({
      next: 'succeed',
      output: { status: 'preflight', failed: 0, steps: { InspectSource: good } },
    });
    const { steps } = recorded.output as { steps: Record<string, StepFindings> };
    expect(Object.keys(steps)).toEqual([...preflightSteps, 'RecordOutcome']);
  });

  it('is not counted, published or recorded as a transfer', async () => {
    await conclude({ ...allGood, SendChunks: { Error: 'x', Cause: '' } });
    expect(harness.doubles.meter.taken).toEqual([]);
    expect(harness.doubles.events.all.map(({ type }) => type)).toEqual(['Preflight Checked']);
    expect(harness.doubles.store.dump()).toBe('[[],[],[],[]]');
  });

  it('names every failed check in one line, with its functions and problem', async () => {
    const bad = { findings: [{ check: 'list films', ok: false }], passed: 3, failed: 1 };
    const state = { ...allGood, InspectSource: bad, SendChunks: bad };
    const events = { publish: failing(new TransferError('EventNotPublishedError', 'no bus')) };
    const recorded = await conclude(state, { ...ports, events });
    expect(recorded).toMatchObject({
      next: 'fail',
      error: 'PreflightFailedError',
      cause: expect.stringContaining(
        'checks failed: InspectSource, SendChunks: list films; RecordOutcome: event bus: put an event (events:PutEvents): EventNotPublishedError: no bus. Fix',
      ),
    });
  });

  it('reports a function that did not run with the error of its Task', async () => {
    const Cause = JSON.stringify({ errorMessage: 'TABLE_NAME is not set', trace: [] });
    const state = { ...allGood, AwaitAsset: { Error: 'ConfigurationError', Cause } };
    const { output } = await conclude(state);
    expect(output).toMatchObject({
      steps: {
        AwaitAsset: {
          failed: 1,
          findings: [{ problem: 'ConfigurationError: TABLE_NAME is not set' }],
        },
      },
    });
  });

  it('fails for a function without findings', async () => {
    const { AwaitAsset: _, ...state } = { AwaitAsset: good, ...allGood };
    const recorded = await conclude({ ...state, AwaitAsset: undefined });
    expect(recorded).toMatchObject({ next: 'fail' });
  });

  it('stays below 100 KB if every function has the most findings', async () => {
    const many = Array.from({ length: 2_000 }, (_, i): Finding => {
      return { check: `check ${i}`, ok: false, problem: 'p'.repeat(600), nextStep: 'n' };
    });
    const full = await check('InspectSource', {
      ...ports,
      probes: { ...ports.probes, source: async () => many },
    });
    const state = Object.fromEntries(preflightSteps.map((step) => [step, full]));
    const recorded = await conclude({ preflight: true, ...state });
    expect(JSON.stringify(recorded).length).toBeLessThan(100_000);
  });
});
