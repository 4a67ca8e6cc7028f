import { beforeEach, describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Finding } from '#src/core/preflight-findings.ts';
import type { PreflightPorts } from '#src/preflight/checks.ts';
import type { StepFindings } from '#src/preflight/preflight.ts';
import { executionId, failing, openPreflight, type PreflightHarness } from './preflight-harness.ts';

let harness: PreflightHarness['harness'];
let ports: PreflightHarness['ports'];
let probed: PreflightHarness['probed'];
let check: PreflightHarness['check'];
beforeEach(async () => {
  ({ harness, ports, probed, check } = await openPreflight());
});

/** Returns the ports of InspectSource. */
function inspectPorts(): PreflightPorts {
  const { store, queue, events, executions, ...others } = ports;
  return others;
}

const failedOf = ({ findings }: StepFindings) => findings.filter(({ ok }) => !ok);
const namesOf = ({ findings }: StepFindings) => findings.map((finding) => finding.check).sort();

describe('a preflight of one function', () => {
  it('passes if everything works, and creates only a small row and an event', async () => {
    const found = await check('OpenSession');
    expect(found).toMatchObject({ failed: 0, passed: found.findings.length });
    expect(harness.doubles.calls).toMatchObject({ opened: 0, sends: [], reports: [] });
    expect(harness.doubles.events.all).toEqual([
      expect.objectContaining({
        type: 'Preflight Checked',
        detail: { step: 'OpenSession', execution: executionId },
      }),
    ]);
    expect(harness.doubles.store.dump()).toBe('[[],[],[],[]]');
  });

  it.each([
    ['InspectSource', ['list films']],
    [
      'OpenSession',
      [
        'event bus: put an event (events:PutEvents)',
        'service: call it with the API key',
        'state machine: ask for an execution (states:DescribeExecution)',
        'table: change a row (dynamodb:UpdateItem)',
        'table: delete a row (dynamodb:DeleteItem)',
        'table: read a row (dynamodb:GetItem)',
        'table: read several rows (dynamodb:Query)',
        'table: read the shared call rates (dynamodb:GetItem)',
        'table: write a row (dynamodb:PutItem)',
      ],
    ],
  ] as const)(
    '%s checks what its work needs, and nothing beyond its permissions',
    async (step, names) => {
      const stepPorts = step === 'InspectSource' ? inspectPorts() : ports;
      expect(namesOf(await check(step, stepPorts))).toEqual(names);
    },
  );

  it('checks that ConfirmUpload reads the sources only if the destination needs a digest', async () => {
    await check('ConfirmUpload');
    expect(probed).toEqual([]);
    const { destination } = harness.ports;
    const traits = { ...destination.traits, wholeDigest: 'md5' } as const;
    const found = await check('ConfirmUpload', {
      ...ports,
      destination: { ...destination, traits },
    });
    expect(namesOf(found)).toContain('list films');
    expect(probed.map(({ withEventNotifications }) => withEventNotifications)).toEqual([false]);
  });

  it('checks the event settings once per bucket, by InspectSource only', async () => {
    const list = [
      { bucket: 'films', prefixes: ['a/'] },
      { bucket: 'films', prefixes: ['b/'] },
      { bucket: 'reels' },
    ];
    const settings = { ...harness.ports.settings, sources: { list, readers: {} } };
    await check('InspectSource', { ...ports, settings });
    expect(probed.map(({ withEventNotifications }) => withEventNotifications)).toEqual([
      true,
      false,
      true,
    ]);
    probed.length = 0;
    await check('SendChunks', { ...ports, settings });
    expect(probed.map(({ withEventNotifications }) => withEventNotifications)).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('queries the indexes only with the permission to list rows', async () => {
    harness.doubles.store.failNext('listTransfers', 9);
    harness.doubles.store.failNext('listUnpublished', 9);
    expect(failedOf(await check('OpenSession'))).toEqual([]);
    expect(failedOf(await check('Reconcile')).map((one) => one.check)).toEqual([
      'table: list transfers by state (dynamodb:Query)',
      'table: list unpublished outcomes (dynamodb:Query)',
    ]);
  });

  it('reports a rejected key with its error and next step', async () => {
    const error = new TransferError('CredentialsRejectedError', 'the service answered 401');
    const destination = { ...harness.ports.destination, listUnfinished: failing(error) };
    expect(failedOf(await check('AwaitAsset', { ...ports, destination }))).toEqual([
      {
        check: 'service: call it with the API key',
        ok: false,
        problem: 'CredentialsRejectedError: the service answered 401',
        nextStep: 'Put a valid API key into the secret, then start again.',
      },
    ]);
  });

  it("makes the service's own check in place of a list, if it has one", async () => {
    const error = new TransferError('ProjectNotFoundError', 'the project a/b does not exist');
    const destination = { ...harness.ports.destination, checkAccess: failing(error) };
    const [finding] = failedOf(await check('AwaitAsset', { ...ports, destination }));
    expect(finding?.problem).toBe('ProjectNotFoundError: the project a/b does not exist');
  });

  it('reports an empty secret with the permission to read it', async () => {
    const error = new TransferError('ConfigurationError', 'the secret arn:key is empty');
    const destination = { ...harness.ports.destination, listUnfinished: failing(error) };
    const [finding] = failedOf(await check('AwaitAsset', { ...ports, destination }));
    expect(finding?.problem).toBe('ConfigurationError: the secret arn:key is empty');
    expect(finding?.nextStep).toContain('secretsmanager:GetSecretValue');
  });

  it('reports a denied permission on the table, and runs the other checks', async () => {
    const message = 'table "t": AccessDeniedException (400)';
    const recordExecution = failing(new TransferError('ConfigurationError', message));
    const store = { ...harness.ports.store, recordExecution };
    expect(failedOf(await check('SendChunks', { ...ports, store }))).toEqual([
      expect.objectContaining({
        check: 'table: write a row (dynamodb:PutItem)',
        nextStep: expect.stringContaining('dynamodb:PutItem'),
      }),
    ]);
  });

  it('reports an unknown execution as a missing permission', async () => {
    harness.doubles.executions.states.clear();
    const [finding] = failedOf(await check('OpenSession'));
    expect(finding?.nextStep).toContain('states:DescribeExecution');
  });

  it('reports that no source is configured', async () => {
    const settings = { ...harness.ports.settings, sources: { list: [], readers: {} } };
    const [finding] = failedOf(await check('InspectSource', { ...ports, settings }));
    expect(finding?.problem).toContain('no source is configured');
  });

  it('reports a bug in a check', async () => {
    const events = { publish: () => Promise.reject(new TypeError('no such field')) };
    expect(failedOf(await check('RecordOutcome', { ...ports, events }))[0]?.problem).toBe(
      'UnexpectedError: TypeError: no such field',
    );
  });

  it('ends a check after its timeout, and leaves no timer', async () => {
    const source = () => new Promise<never>(() => {});
    const found = check('InspectSource', {
      ...inspectPorts(),
      probes: { ...ports.probes, source },
    });
    await Promise.resolve();
    harness.doubles.clock.advance(10_000);
    expect(failedOf(await found)).toEqual([
      expect.objectContaining({
        check: 'source: bucket films',
        problem: 'RequestTimeoutError: no answer within 10 s',
      }),
    ]);
    expect(harness.doubles.clock.pending()).toBe(0);
  });

  it('compares the quotas in the function that has the permission', async () => {
    expect(namesOf(await check('RecordOutcome'))).toContain('quota');
  });

  it('reports the checks that it did not reach in time', async () => {
    const found = await check('InspectSource', inspectPorts(), 0);
    expect(found).toMatchObject({ passed: 0, failed: 1 });
    expect(found.findings[0]?.problem).toContain("the function's time was up");
  });

  it('returns a short list, failures first, also with many problems', async () => {
    const wide = (n: number): Finding[] =>
      Array.from({ length: n }, (_, i) => ({
        check: `check ${i}`,
        ok: i % 2 === 0,
        ...(i % 2 && { problem: 'p'.repeat(5_000) }),
      }));
    const probes = { ...ports.probes, source: async () => wide(400) };
    const found = await check('InspectSource', { ...inspectPorts(), probes });
    expect(found).toMatchObject({ passed: 200, failed: 200 });
    expect(JSON.stringify(found).length).toBeLessThan(14 * 1024);
    expect(found.findings.every(({ ok }) => !ok)).toBe(true);
  });
});
