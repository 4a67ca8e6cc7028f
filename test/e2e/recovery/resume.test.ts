import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultPlan } from '#local/state-machine/lambda-runtime.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import { isProven } from '#src/core/transfer/transfer.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import { type FastWorld, openFastWorld, withTimeLimit } from '../../harness/fast-wire-harness.ts';
import { giveLife } from '../../harness/killable-parts.ts';
import { expectReady, type Film, inputOf } from '../../harness/wire-harness.ts';

let world: FastWorld;
beforeAll(async () => {
  world = await openFastWorld();
});
afterEach(() => world.reset());
afterAll(() => world.close());

/** A dead sender's claim lives to its time limit, so a short one keeps its successor from waiting long. */
const shortSends = () => withTimeLimit(world, 'SendChunks', 60);

/** The PUTs of each chunk that has a proof. */
async function putsOfProven(film: Film): Promise<() => number[]> {
  const { transferId, sessionNumber } = await world.transferOf(film);
  const rows = await world.store.chunks(transferId, sessionNumber);
  const proven = [...rows.values()].filter(isProven).map(({ index }) => index);
  return () => proven.map((chunkIndex) => world.service.calls.count('put', { chunkIndex }));
}

describe('a send that was killed midway', () => {
  it('is called again and sends only the chunks without a proof', async () => {
    const film = world.put(12);
    const first = giveLife(world, { proofs: 5 });
    const puts = first.ended.then(() => putsOfProven(film));
    const faults: FaultPlan = ({ stateName, attempt }) => {
      if (stateName !== 'SendChunks') return undefined;
      if (attempt === 1) return { kind: 'crash-after', error: 'Lambda.Unknown' };
      if (attempt === 2) giveLife(world);
      return undefined;
    };
    const result = await world.run(inputOf(film), { faults, ...shortSends() });
    const output = await expectReady(world, film, result);
    const putsOfEach = (await puts)();
    expect(putsOfEach.length).toBeGreaterThanOrEqual(5);
    expect(putsOfEach).toEqual(putsOfEach.map(() => 1));
    expect(output.retries).toHaveProperty('SenderDied');
  });

  it('however often it dies, sends no chunk twice where it sends one at a time', async () => {
    const film = world.put(10);
    const faults: FaultPlan = ({ stateName, attempt }) => {
      if (stateName !== 'SendChunks') return undefined;
      // Every second call only finds the claim of the sender that died before it.
      const dies = attempt % 2 === 1 && attempt < 6;
      giveLife(world, { chunksInFlight: 1, ...(dies && { proofs: 3 }) });
      return dies ? { kind: 'crash-after', error: 'Sandbox.Timedout' } : undefined;
    };
    await expectReady(world, film, await world.run(inputOf(film), { faults, ...shortSends() }));
    expect(world.service.calls.count('put')).toBe(10);
    expect(world.s3.chunkReads()).toBe(10);
  });
});

describe('a function that died between the create call and its row', () => {
  it('leaves a session that is counted and never adopted', async () => {
    const film = world.put(5);
    const faults: FaultPlan = ({ stateName, attempt }) => {
      if (stateName !== 'OpenSession') return undefined;
      giveLife(world, attempt === 1 ? { at: 'setSession' } : {});
      return attempt === 1 ? { kind: 'crash-after', error: 'Runtime.ExitError' } : undefined;
    };
    const result = await world.run(inputOf(film), { faults });
    const output = await expectReady(world, film, result);
    const sessions = await world.store.sessions(String(output.transferId));
    expect(sessions.map(({ state }) => state)).toEqual(['lost', 'open']);
    expect(world.service.calls.counts()).toMatchObject({ create: 2, put: 5 });
    expect(output.retries).toEqual({ CreateReplyLostError: 1 });
  });
});

describe('a table that fails for a moment', () => {
  /** The first call of one method finds no table. */
  function failOnce(method: keyof TransferStore): void {
    let isDone = false;
    const failing = async (...values: unknown[]) => {
      if (isDone) return Reflect.apply(world.store[method] as () => unknown, undefined, values);
      isDone = true;
      throw new TransferError('TableUnavailableError', 'as told');
    };
    world.give({ store: { ...world.store, [method]: failing } });
  }

  it('loses only the proof that could not be written, and that chunk goes again', async () => {
    const film = world.put(5);
    failOnce('storeProof');
    await expectReady(world, film, await world.run(inputOf(film)));
    expect(world.service.calls.counts()).toMatchObject({ create: 1, put: 6 });
  });

  it.each([
    'takeTransfer',
    'addSession',
    'claimRange',
    'ranges',
    'patchTransfer',
    'releaseRange',
  ] as const)('is asked again, and no chunk goes twice: %s', async (method) => {
    const film = world.put(5);
    failOnce(method);
    const result = await world.run(inputOf(film), shortSends());
    await expectReady(world, film, result);
    expect(world.service.calls.counts()).toMatchObject({ put: 5 });
    expect(world.events(film.key)).toHaveLength(1);
  });
});
