import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { queue as queuePart } from '#functions/runtime/table.ts';
import type { LocalFunction } from '#local/state-machine/definition/template.ts';
import { lambdaContext } from '#local/state-machine/lambda/lambda-context.ts';
import type { ExecutionHandle } from '#local/state-machine/run.ts';
import type { QueueStore } from '#src/core/queue/queue.ts';
import type { ReconcileResult } from '#src/reconciler/reconcile.ts';
import {
  expectReady,
  type Film,
  inputOf,
  openWireHarness,
  type WireHarness,
} from '../../harness/wire-harness.ts';

const chunks = 60;

let harness: WireHarness;
let queue: QueueStore;
beforeAll(async () => {
  harness = await openWireHarness();
  queue = harness.pipeline.container().get(queuePart);
});
afterEach(() => harness.reset());
afterAll(() => harness.close());

/** Calls the function as Lambda does. */
function call(event: object): Promise<ReconcileResult> {
  const [one] = harness.pipeline.machine.functions.values();
  const deployed = { ...(one as LocalFunction), name: 'Reconcile', timeoutSeconds: 150 };
  const now = () => harness.clock.now();
  const context = lambdaContext(deployed, 'arn:reconcile', randomUUID(), now);
  return harness.pipeline.handlers.Reconcile(event as never, context) as Promise<ReconcileResult>;
}

/** Returns the status event of an ended execution, as EventBridge delivers it. */
function ended(
  { executionArn }: ExecutionHandle,
  film: Film,
  startDate: number,
  status = 'ABORTED',
) {
  const detail = { executionArn, status, startDate, input: JSON.stringify(inputOf(film)) };
  return { source: 'aws.states', 'detail-type': 'Step Functions Execution Status Change', detail };
}

/** Starts a transfer and kills its execution after half of its chunks. */
async function killMidSend(film: Film) {
  const startDate = harness.clock.now();
  const execution = harness.start(inputOf(film));
  harness.service.faults.add({
    on: 'put',
    nth: chunks / 2,
    kind: 'callback',
    act: () => execution.kill(),
  });
  expect(await execution.result).toMatchObject({ status: 'ABORTED' });
  await execution.idle();
  return ended(execution, film, startDate);
}

const typesOf = (film: Film) =>
  harness
    .events(film.key)
    .map(({ type }) => type)
    .filter((type) => type !== 'Transfer Started');

const liveSlots = async () =>
  (await queue.slots(500)).filter(({ until }) => until >= harness.clock.now());

describe('an execution that is killed while it sends', () => {
  it('is closed by its status event: row, slot and outcome event', async () => {
    const film = harness.put(chunks);
    const event = await killMidSend(film);
    expect(await harness.transferOf(film)).toMatchObject({ state: 'active' });
    expect(await liveSlots()).toHaveLength(1);
    const became = await call(event);
    expect(became).toMatchObject({ result: 'closed' });
    const { state, outcome, outcomePublished } = await harness.transferOf(film);
    expect({ state, outcomePublished }).toEqual({ state: 'cancelled', outcomePublished: true });
    expect(outcome).toMatchObject({ status: 'cancelled', key: film.key });
    expect(await liveSlots()).toEqual([]);
    expect(harness.events(film.key).at(-1)).toEqual({
      type: 'Transfer Cancelled',
      detail: outcome,
    });
  });

  it('is continued from its proofs by a new execution after it was closed', async () => {
    const film = harness.put(chunks);
    const event = await killMidSend(film);
    await call(event);
    const { transferId } = await harness.transferOf(film);
    const proven = (await harness.store.chunks(transferId, 1)).size;
    expect(proven).toBeGreaterThan(0);
    harness.service.calls.clear();
    const result = await harness.run(inputOf(film));
    await expectReady(harness, film, result);
    expect(harness.service.calls.count('create')).toBe(0);
    expect(harness.service.calls.count('put')).toBe(chunks - proven);
    expect(typesOf(film)).toEqual(['Transfer Cancelled', 'Transfer Ready']);
    // The event may come twice: now another execution owns the transfer, which is ready.
    expect(await call(event)).toMatchObject({ result: 'unchanged' });
    expect(await harness.transferOf(film)).toMatchObject({ state: 'ready' });
    expect(await liveSlots()).toEqual([]);
  });

  it('is closed by the schedule after its lease if the event is lost', async () => {
    const film = harness.put(chunks);
    await killMidSend(film);
    expect(await call({})).toMatchObject({ closed: 0 });
    const { transferId, fence } = await harness.transferOf(film);
    const now = harness.clock.now();
    await harness.store.patchTransfer(transferId, fence, { leaseUntil: now - 1 }, now);
    expect(await call({})).toMatchObject({ closed: 1 });
    expect(await harness.transferOf(film)).toMatchObject({
      state: 'cancelled',
      outcomePublished: true,
      outcome: { status: 'cancelled' },
    });
    expect(await liveSlots()).toEqual([]);
    expect(typesOf(film)).toEqual(['Transfer Cancelled']);
    await expectReady(harness, film, await harness.run(inputOf(film)));
  });
});

describe('an execution that is killed before it took a transfer', () => {
  it('is reported from its input', async () => {
    const film = harness.put(2);
    const execution = harness.start(inputOf(film), {
      faults: ({ stateName }) => {
        if (stateName !== 'OpenSession') return undefined;
        execution.kill();
        return { kind: 'crash-before', error: 'Lambda.Unknown' };
      },
    });
    await execution.result;
    const event = ended(execution, film, harness.clock.now());
    expect(await call(event)).toMatchObject({ result: 'cancelled' });
    expect(await call(event)).toMatchObject({ result: 'finished' });
    expect(typesOf(film)).toEqual(['Transfer Cancelled']);
    await expectReady(harness, film, await harness.run(inputOf(film)));
  });
});

describe('an execution that ended by itself', () => {
  it('is not reported twice', async () => {
    const film = harness.put(2, { traits: { storageClass: 'GLACIER' } });
    const execution = harness.start(inputOf(film));
    expect(await execution.result).toMatchObject({ error: 'SourceArchivedError' });
    await call(ended(execution, film, 0, 'FAILED'));
    expect(typesOf(film)).toEqual(['Transfer Failed']);
  });

  it('has its event published by the schedule after errors of the bus', async () => {
    const film = harness.put(2);
    harness.eventBridge.failNextCalls(1_000);
    const result = await harness.run(inputOf(film));
    expect(result).toMatchObject({ error: 'OutcomeNotRecordedError' });
    harness.eventBridge.failNextCalls(0);
    await harness.clock.sleep(3 * 60_000);
    expect(await call({})).toMatchObject({ eventsSent: 1 });
    expect(typesOf(film)).toEqual(['Transfer Ready']);
    expect(await harness.transferOf(film)).toMatchObject({
      state: 'ready',
      outcomePublished: true,
    });
    expect(await call({})).toMatchObject({ eventsSent: 0 });
  });
});

describe('a session whose create reply was lost', () => {
  it('is not adopted, and is counted and logged', async () => {
    const film = harness.put(7);
    harness.service.faults.add({ on: 'create', kind: 'lost-reply' });
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(output.retries).toEqual({ CreateReplyLostError: 1 });
    const sessions = await harness.store.sessions(String(output.transferId));
    expect(sessions.map(({ state }) => state)).toEqual(['lost', 'open']);
    const orphan = harness.service.sessions().find(({ totalSize }) => totalSize === film.sizeBytes);
    expect(orphan?.chunks.every(({ stored }) => stored === undefined)).toBe(true);
    expect(await call({})).toMatchObject({ orphanSessions: 0 });
    await harness.clock.sleep(3 * 60_000);
    harness.logLines.length = 0;
    expect(await call({})).toMatchObject({ orphanSessions: 1 });
    const logged = harness.logLines.map((text) => JSON.parse(text));
    const { sizeBytes } = film;
    expect(logged).toContainEqual(
      expect.objectContaining({ uploadId: orphan?.uploadId, sizeBytes }),
    );
    expect(harness.logLines.join()).not.toContain('http');
  });
});
