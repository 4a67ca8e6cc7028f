import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ExecutionResult } from '#local/state-machine/run.ts';
import type { ExecutionDirectory } from '#src/core/ports/executions.ts';
import { type FastWorld, openFastWorld } from '../../harness/fast-wire-harness.ts';
import { expectReady, inputOf, versionedBucket } from '../../harness/wire-harness.ts';

let world: FastWorld;
beforeAll(async () => {
  world = await openFastWorld();
});
afterEach(() => world.reset());
afterAll(() => world.close());

const everyoneIs = (status: 'running' | 'ended' | 'unknown'): ExecutionDirectory => ({
  statusOf: async () => status,
  endOf: async () => ({ status: status === 'ended' ? 'aborted' : status }),
});

describe('a second start', () => {
  it.each(['create', 'put', 'report', 'asset'] as const)(
    'at the moment of a %s of the first ends well and names the first',
    async (on) => {
      const film = world.put(6);
      const second = Promise.withResolvers<unknown>();
      world.service.faults.add({
        on,
        kind: 'callback',
        act: async () => second.resolve(await world.run(inputOf(film))),
      });
      const first = await world.run(inputOf(film));
      const output = await expectReady(world, film, first);
      expect(await second.promise).toMatchObject({
        status: 'SUCCEEDED',
        output: {
          status: 'running-elsewhere',
          execution: first.executionArn,
          transferId: output.transferId,
        },
      });
      expect(world.service.calls.counts()).toMatchObject({ create: 1, put: 6 });
      expect(world.events(film.key)).toHaveLength(1);
    },
  );

  it('of five at once is the only one to work', async () => {
    const film = world.put(6);
    const results = await Promise.all([1, 2, 3, 4, 5].map(() => world.run(inputOf(film))));
    const statuses = results.map(({ output }) => (output as { status: string }).status).sort();
    expect(statuses.filter((status) => status === 'ready')).toHaveLength(1);
    expect(statuses).not.toContain(undefined);
    expect(world.service.calls.counts()).toMatchObject({ create: 1, put: 6 });
    expect(world.events(film.key)).toHaveLength(1);
  });

  it('of two by force at once makes one further asset, not two', async () => {
    const film = world.put(3);
    await world.run(inputOf(film));
    const forced = { ...inputOf(film), force: true };
    const results = await Promise.all([world.run(forced), world.run(forced)]);
    const statuses = results.map(({ output }) => (output as { status: string }).status).sort();
    expect(statuses).toEqual(['ready', 'running-elsewhere']);
    expect(world.service.calls.count('create')).toBe(2);
  });

  it('by version is the same transfer as one without, while that version is the latest', async () => {
    const film = world.put(3, { bucket: versionedBucket });
    const output = await expectReady(world, film, await world.run(inputOf(film)));
    const { versionId } = output;
    const again = await world.run({ ...inputOf(film), versionId });
    expect(again.output).toMatchObject({ status: 'already-ingested', assetId: output.assetId });
  });
});

describe('an owner whose status can not be told', () => {
  async function heldBy(leaseUntil: number) {
    const film = world.put(3);
    world.service.faults.add({ on: 'create', kind: 'status', status: 400 });
    await world.run(inputOf(film));
    const failed = await world.transferOf(film);
    const held = { ...failed, state: 'active', owner: 'elsewhere', fence: 9, leaseUntil } as const;
    await world.store.takeTransfer({ ...held, retries: {} }, failed);
    return film;
  }

  it('keeps its transfer while its lease lives', async () => {
    const film = await heldBy(world.clock.now() + 900_000);
    const { output } = await world.run(inputOf(film));
    expect(output).toMatchObject({ status: 'running-elsewhere', execution: 'elsewhere' });
    expect(world.service.calls.count('put')).toBe(0);
  });

  it('loses it when its lease is past', async () => {
    const film = await heldBy(world.clock.now() - 1);
    await expectReady(world, film, await world.run(inputOf(film)));
    expect(await world.transferOf(film)).toMatchObject({ fence: 10, state: 'ready' });
  });

  it('renews its lease while it waits for the asset', async () => {
    const film = world.put(3);
    world.service.switches.assetReadyAfterMs = 120_000;
    const { promise, resolve } = Promise.withResolvers<number>();
    world.service.faults.add({
      on: 'report',
      kind: 'callback',
      act: async () => resolve((await world.transferOf(film)).leaseUntil),
    });
    await expectReady(world, film, await world.run(inputOf(film)));
    expect((await world.transferOf(film)).leaseUntil - (await promise)).toBeGreaterThan(60_000);
  });
});

describe('an execution that lost its transfer', () => {
  it('fails by name, tells nobody, and leaves the outcome to its successor', async () => {
    const film = world.put(3);
    world.service.switches.assetReadyAfterMs = 30_000;
    world.give({ executions: everyoneIs('ended') });
    const first = world.start(inputOf(film));
    const second = await new Promise<ExecutionResult>((resolve, reject) => {
      const act = () => world.run(inputOf(film)).then(resolve, reject);
      world.service.faults.add({ on: 'asset', kind: 'callback', act: () => void act() });
    });
    expect(await first.result).toMatchObject({ status: 'FAILED', error: 'FencedOutError' });
    const output = await expectReady(world, film, second);
    expect(world.events(film.key)).toEqual([{ type: 'Transfer Ready', detail: output }]);
    expect(world.service.calls.counts()).toMatchObject({ create: 1, put: 3 });
    expect(await world.transferOf(film)).toMatchObject({
      owner: second.executionArn,
      fence: 2,
      state: 'ready',
    });
  });
});
