import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultPlan } from '#local/state-machine/lambda/lambda-runtime.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import { isProven } from '#src/core/transfer/upload-rows.ts';
import { startSandbox } from '../../harness/killable-parts.ts';
import {
  expectReady,
  type Film,
  inputOf,
  openWireHarness,
  type WireHarness,
  withTimeLimit,
} from '../../harness/wire-harness.ts';

let harness: WireHarness;
beforeAll(async () => {
  harness = await openWireHarness({ table: 'dynamodb' });
});
afterEach(() => harness.reset());
afterAll(() => harness.close());

/** The claim of a dead sender lasts until its time limit: a short limit shortens the wait. */
const shortSends = () => withTimeLimit(harness, 'SendChunks', 60);

/** Returns a function that counts the PUTs of each chunk with a proof. */
async function putsOfProven(film: Film): Promise<() => number[]> {
  const { transferId, sessionNumber } = await harness.transferOf(film);
  const rows = await harness.store.chunks(transferId, sessionNumber);
  const proven = [...rows.values()].filter(isProven).map(({ index }) => index);
  return () => proven.map((chunkIndex) => harness.service.calls.count('put', { chunkIndex }));
}

describe('a send that was killed midway', () => {
  it('is called again and sends only the chunks without a proof', async () => {
    const film = harness.put(12);
    const first = startSandbox(harness, { proofs: 5 });
    const puts = first.killed.then(() => putsOfProven(film));
    const faults: FaultPlan = ({ stateName, attempt }) => {
      if (stateName !== 'SendChunks') return undefined;
      if (attempt === 1) return { kind: 'crash-after', error: 'Lambda.Unknown' };
      if (attempt === 2) startSandbox(harness);
      return undefined;
    };
    const result = await harness.run(inputOf(film), { faults, ...shortSends() });
    const output = await expectReady(harness, film, result);
    const putsOfEach = (await puts)();
    expect(putsOfEach.length).toBeGreaterThanOrEqual(5);
    expect(putsOfEach).toEqual(putsOfEach.map(() => 1));
    expect(output.retries).toHaveProperty('SenderDied');
  });

  it('sends no chunk twice over several kills, with one chunk in flight', async () => {
    const film = harness.put(10);
    const faults: FaultPlan = ({ stateName, attempt }) => {
      if (stateName !== 'SendChunks') return undefined;
      // Every second call only meets the claim of the dead sender.
      const dies = attempt % 2 === 1 && attempt < 6;
      startSandbox(harness, { chunksInFlight: 1, ...(dies && { proofs: 3 }) });
      return dies ? { kind: 'crash-after', error: 'Sandbox.Timedout' } : undefined;
    };
    await expectReady(harness, film, await harness.run(inputOf(film), { faults, ...shortSends() }));
    expect(harness.service.calls.count('put')).toBe(10);
    expect(harness.s3.chunkReads()).toBe(10);
  });
});

describe('a function that died between the create call and its row', () => {
  it('leaves a session that is recorded and not adopted', async () => {
    const film = harness.put(5);
    const faults: FaultPlan = ({ stateName, attempt }) => {
      if (stateName !== 'OpenSession') return undefined;
      startSandbox(harness, attempt === 1 ? { at: 'setSession' } : {});
      return attempt === 1 ? { kind: 'crash-after', error: 'Runtime.ExitError' } : undefined;
    };
    const result = await harness.run(inputOf(film), { faults });
    const output = await expectReady(harness, film, result);
    const sessions = await harness.store.sessions(String(output.transferId));
    expect(sessions.map(({ state }) => state)).toEqual(['lost', 'open']);
    expect(harness.service.calls.counts()).toMatchObject({ create: 2, put: 5 });
    expect(output.retries).toEqual({ CreateReplyLostError: 1 });
  });
});

describe('a table with a transient error', () => {
  /** Fails the first call of one store method. */
  function failOnce(method: keyof TransferStore): void {
    let isDone = false;
    const failing = async (...args: unknown[]) => {
      if (isDone) return Reflect.apply(harness.store[method] as () => unknown, undefined, args);
      isDone = true;
      throw new TransferError('TableUnavailableError', 'planned by the test');
    };
    harness.override({ store: { ...harness.store, [method]: failing } });
  }

  it('loses only the unwritten proof, and that chunk is sent again', async () => {
    const film = harness.put(5);
    failOnce('storeProof');
    await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.counts()).toMatchObject({ create: 1, put: 6 });
  });

  it.each([
    'takeTransfer',
    'addSession',
    'claimRange',
    'ranges',
    'patchTransfer',
    'releaseRange',
  ] as const)('is called again, and no chunk is sent twice: %s', async (method) => {
    const film = harness.put(5);
    failOnce(method);
    const result = await harness.run(inputOf(film), shortSends());
    await expectReady(harness, film, result);
    expect(harness.service.calls.counts()).toMatchObject({ put: 5 });
    expect(harness.events(film.key)).toHaveLength(1);
  });
});
