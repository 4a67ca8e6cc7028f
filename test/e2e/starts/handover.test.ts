import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ExecutionResult } from '#local/state-machine/run.ts';
import type { ExecutionDirectory } from '#src/core/ports/executions.ts';
import {
  expectReady,
  inputOf,
  openWireHarness,
  versionedBucket,
  type WireHarness,
} from '../../harness/wire-harness.ts';

let harness: WireHarness;
beforeAll(async () => {
  harness = await openWireHarness();
});
afterEach(() => harness.reset());
afterAll(() => harness.close());

const directoryOf = (status: 'running' | 'ended' | 'unknown'): ExecutionDirectory => ({
  statusOf: async () => status,
  endOf: async () => ({ status: status === 'ended' ? 'aborted' : status }),
});

describe('a second start', () => {
  it.each(['create', 'put', 'report', 'asset'] as const)(
    'succeeds and names the first, during a %s of the first',
    async (on) => {
      const film = harness.put(6);
      const second = Promise.withResolvers<unknown>();
      harness.service.faults.add({
        on,
        kind: 'callback',
        act: async () => second.resolve(await harness.run(inputOf(film))),
      });
      const first = await harness.run(inputOf(film));
      const output = await expectReady(harness, film, first);
      expect(await second.promise).toMatchObject({
        status: 'SUCCEEDED',
        output: {
          status: 'running-elsewhere',
          execution: first.executionArn,
          transferId: output.transferId,
        },
      });
      expect(harness.service.calls.counts()).toMatchObject({ create: 1, put: 6 });
      expect(harness.events(film.key)).toHaveLength(1);
    },
  );

  it('leaves the work to one of five concurrent starts', async () => {
    const film = harness.put(6);
    const results = await Promise.all([1, 2, 3, 4, 5].map(() => harness.run(inputOf(film))));
    const statuses = results.map(({ output }) => (output as { status: string }).status).sort();
    const others = ['already-ingested', 'running-elsewhere'];
    expect(statuses.filter((status) => status === 'ready')).toHaveLength(1);
    expect(statuses.filter((status) => others.includes(status))).toHaveLength(4);
    expect(harness.service.calls.counts()).toMatchObject({ create: 1, put: 6 });
    expect(harness.events(film.key)).toHaveLength(1);
  });

  it('makes one further asset for two concurrent forced starts', async () => {
    const film = harness.put(3);
    await harness.run(inputOf(film));
    const forced = { ...inputOf(film), force: true };
    const results = await Promise.all([harness.run(forced), harness.run(forced)]);
    const statuses = results.map(({ output }) => (output as { status: string }).status).sort();
    expect(statuses).toEqual(['ready', 'running-elsewhere']);
    expect(harness.service.calls.count('create')).toBe(2);
  });

  it('of the latest version is the same transfer as a start without a version', async () => {
    const film = harness.put(3, { bucket: versionedBucket });
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    const { versionId } = output;
    const again = await harness.run({ ...inputOf(film), versionId });
    expect(again.output).toMatchObject({ status: 'already-ingested', assetId: output.assetId });
  });
});

describe('an owner with unknown status', () => {
  async function putHeldFilm(leaseUntil: number) {
    const film = harness.put(3);
    harness.service.faults.add({ on: 'create', kind: 'status', status: 400 });
    await harness.run(inputOf(film));
    const failed = await harness.transferOf(film);
    const held = { ...failed, state: 'active', owner: 'elsewhere', fence: 9, leaseUntil } as const;
    await harness.store.takeTransfer({ ...held, retries: {} }, failed);
    return film;
  }

  it('keeps its transfer until its lease expires', async () => {
    const film = await putHeldFilm(harness.clock.now() + 900_000);
    const { output } = await harness.run(inputOf(film));
    expect(output).toMatchObject({ status: 'running-elsewhere', execution: 'elsewhere' });
    expect(harness.service.calls.count('put')).toBe(0);
  });

  it('loses its transfer after its lease expired', async () => {
    const film = await putHeldFilm(harness.clock.now() - 1);
    await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(await harness.transferOf(film)).toMatchObject({ fence: 10, state: 'ready' });
  });

  it('renews its lease while it waits for the asset', async () => {
    const film = harness.put(3);
    harness.service.switches.assetReadyAfterMs = 120_000;
    const { promise, resolve } = Promise.withResolvers<number>();
    harness.service.faults.add({
      on: 'report',
      kind: 'callback',
      act: async () => resolve((await harness.transferOf(film)).leaseUntil),
    });
    await expectReady(harness, film, await harness.run(inputOf(film)));
    expect((await harness.transferOf(film)).leaseUntil - (await promise)).toBeGreaterThan(60_000);
  });
});

describe('an execution that lost its transfer', () => {
  it('fails by name without an event, and its successor reports the outcome', async () => {
    const film = harness.put(3);
    harness.service.switches.assetReadyAfterMs = 30_000;
    harness.override({ executions: directoryOf('ended') });
    const first = harness.start(inputOf(film));
    const second = await new Promise<ExecutionResult>((resolve, reject) => {
      const act = () => harness.run(inputOf(film)).then(resolve, reject);
      harness.service.faults.add({ on: 'asset', kind: 'callback', act: () => void act() });
    });
    expect(await first.result).toMatchObject({ status: 'FAILED', error: 'FencedOutError' });
    const output = await expectReady(harness, film, second);
    expect(harness.events(film.key)).toEqual([{ type: 'Transfer Ready', detail: output }]);
    expect(harness.service.calls.counts()).toMatchObject({ create: 1, put: 3 });
    expect(await harness.transferOf(film)).toMatchObject({
      owner: second.executionArn,
      fence: 2,
      state: 'ready',
    });
  });
});
