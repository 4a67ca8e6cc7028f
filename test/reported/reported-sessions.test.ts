import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultEffect } from '#local/simulators/twelvelabs/faults/faults.ts';
import { altered, always, forSeconds, status } from '../doubles/service-double.ts';
import { arrivedOnce, openReportedHarness, type ReportedHarness } from './reported-harness.ts';

/**
 * Cases of public bug reports about sessions and assets, over the wire. The ids are those of the list of cases.
 * Variants of a case differ from the reported example.
 */

let harness: ReportedHarness;

beforeAll(async () => {
  harness = await openReportedHarness();
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

const unknownId: FaultEffect = { ...status(404), code: 'resource_not_exist' };

describe('A2: a session that is not found after its completion (onedrive-api-docs#1259)', () => {
  beforeEach(() => Object.assign(harness.service.switches, { completedSession: 'not-found' }));

  it('is confirmed through its asset, and no chunk is sent again', async () => {
    const facts = await harness.ingest(harness.put(5));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 5 } });
  });

  it('is complete while its asset is being processed', async () => {
    harness.service.switches.assetReadyAfterMs = 120_000;
    const facts = await harness.ingest(harness.put(5));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 5 } });
  });

  it('is complete if it answers 410 instead of 404', async () => {
    Object.assign(harness.service.switches, {
      completedSession: 'known',
      completedAfterMs: 600_000,
    });
    harness.clock.setFactor(400);
    harness.behave(always('status', status(410)));
    const facts = await harness.ingest(harness.put(5), 7_200);
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 5 } });
  });

  it('is complete although the reply to the last report was lost (cyberduck#18393)', async () => {
    harness.service.faults.add({ on: 'report', kind: 'lost-reply' });
    const facts = await harness.ingest(harness.put(5));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 5 } });
  });

  it('is replaced if it was forgotten before all chunks were accepted', async () => {
    const act = ({ uploadId = '' }) => harness.service.dropSession(uploadId);
    harness.service.faults.add({ on: 'put', nth: 4, kind: 'callback', act });
    const facts = await harness.ingest(harness.put(5));
    expect(facts).toMatchObject({ ended: 'ready', sessions: 2, assets: 1, isSameBytes: true });
  });
});

describe('A18: an asset that is not found after completion', () => {
  it.each([150, 960])('for %i s is waited for, and no second asset is made', async (seconds) => {
    harness.clock.setFactor(400);
    harness.behave(forSeconds('asset', seconds, unknownId));
    const facts = await harness.ingest(harness.put(3), 7_200);
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 3 } });
  });

  it('is waited for if the session is not found either', async () => {
    harness.clock.setFactor(400);
    harness.service.switches.completedSession = 'not-found';
    harness.behave(forSeconds('asset', 150, unknownId));
    const facts = await harness.ingest(harness.put(3), 7_200);
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 3 } });
  });

  it('is the asset of the next execution after the first was stopped', async () => {
    harness.behave(forSeconds('asset', 1_000, unknownId));
    const film = harness.put(3);
    const first = await harness.ingest(film, 300);
    const second = await harness.ingest(film);
    expect(first).toMatchObject({ ended: expect.stringContaining('still running'), sessions: 1 });
    expect(second).toMatchObject({ ended: 'ready', sessions: 0, isSameBytes: true });
  });
});

describe('A20: a long session id', () => {
  it.each([360, 1_024])('of %i characters is accepted', async (length) => {
    harness.service.switches.uploadIdLength = length;
    const facts = await harness.ingest(harness.put(3));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 3 } });
  });
});

describe('A21: the reason of a failed asset', () => {
  it.each<readonly [string, unknown]>([
    ['a text', 'video_resolution_too_low'],
    ['an object with a code', { code: 'video_resolution_too_low' }],
    [
      'an object with a message that is null',
      { message: null, reason: 'video_resolution_too_low' },
    ],
    ['a list', [{ message: 'video_resolution_too_low' }]],
  ])('is reported if it is %s', async (_shape, error) => {
    harness.service.switches.assetFailure = 'hidden';
    harness.behave(
      always(
        'asset',
        altered((body) => (body.error ? { ...body, error } : body)),
      ),
    );
    const facts = await harness.ingest(harness.put(3));
    expect(facts).toMatchObject({
      ended: 'FAILED AssetFailedError',
      cause: expect.stringContaining('video_resolution_too_low'),
      sessions: 1,
    });
  });
});
