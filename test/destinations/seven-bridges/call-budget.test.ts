import { describe, expect, it } from 'vitest';
import { seededRandom } from '#local/simulators/randomness.ts';
import { isTransferError } from '#src/core/errors/transfer-error.ts';
import type { HttpRequest, Transport } from '#src/core/ports/transport.ts';
import type { UploadSession } from '#src/core/transfer/destination.ts';
import {
  createSevenBridges,
  type SevenBridges,
} from '#src/destinations/seven-bridges/destination.ts';
import { callsPerWindow, callWindowMs } from '#src/destinations/seven-bridges/limits.ts';
import { checkSettings } from '#src/destinations/seven-bridges/settings.ts';
import { createCallBudgets } from '#src/throttling/call-budgets.ts';
import { createMemoryQueueStore } from '../../doubles/memory/queue-store.ts';
import { ManualClock } from '../../harness/clock.ts';
import { call, requestFor } from './bridged.ts';

const random = seededRandom(16);

const session: UploadSession = {
  uploadId: 'u1',
  chunkSizeBytes: 1,
  totalChunks: 1,
  details: { project: 'ada/genomes', name: 'reads.fastq', sizeBytes: '1', openedAt: '0' },
};

const proof = { index: 1, generation: 1, sizeBytes: 1, proof: 'e', md5: 'e' } as never;

/** Every method that calls the service, by its name. */
const methods: Readonly<Record<string, (to: SevenBridges, n: number) => Promise<unknown>>> = {
  openSession: (to, n) => to.openSession(requestFor(1, `run-${n}/a/reads.fastq`), call),
  prepareChunk: (to) => to.prepareChunk(session, 1, call),
  reportProofs: (to) => to.reportProofs(session, [proof], call),
  finish: (to) => to.finish(session, [proof], undefined, call),
  sessionStatus: (to) => to.sessionStatus(session, call),
  chunkStates: (to) => to.chunkStates(session, 1, call),
  assetStatus: (to) => to.assetStatus('f1', call),
  checkAccess: (to) => to.checkAccess(call),
  listUnfinished: (to) => to.listUnfinished(call),
  abortSession: (to) => to.abortSession(session, call),
};

/** Replies to nothing useful: most methods then make their further calls, or fail by the reply. */
function countingTransport(clock: ManualClock, onCall: (request: HttpRequest) => void): Transport {
  return {
    send: async (request) => {
      onCall(request);
      await clock.sleep(20 + random() * 400);
      const text = '{"items":[],"upload_id":"u1","id":"f1","parts":[]}';
      return { status: 200, headers: {}, text };
    },
  };
}

/** Creates the adapters of some functions at one table. */
function openFunctions(count: number, clock: ManualClock, transport: Transport): SevenBridges[] {
  const queue = createMemoryQueueStore();
  const settings = checkSettings({
    environment: 'cavatica',
    project: 'ada/genomes',
    folders: 'key',
  });
  const quiet = () => {};
  return Array.from({ length: count }, () =>
    createSevenBridges({
      transport,
      settings,
      clock,
      apiKey: { get: async () => 'token', refresh: async () => 'token' },
      log: { info: quiet, warn: quiet, error: quiet },
      takeCall: createCallBudgets({ clock, random, store: () => queue }),
    }),
  );
}

/** Returns the most calls in any window of the service. */
function mostInWindow(times: readonly number[]): number {
  let [first, most] = [0, 0];
  for (const [last, at] of times.entries()) {
    while (at - (times[first] ?? 0) >= callWindowMs) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

describe('the calls of all functions together to Seven Bridges', () => {
  it('are at most 1,000 in any five minutes, and nearly as many', async () => {
    const clock = new ManualClock(0);
    const times: number[] = [];
    const transport = countingTransport(clock, () => void times.push(clock.now()));
    const functions = openFunctions(40, clock, transport);
    const names = Object.keys(methods);
    const work = async (to: SevenBridges) => {
      for (let n = 0; clock.now() < 3 * callWindowMs; n++) {
        const name = names[Math.floor(random() * names.length)] ?? '';
        const error = await methods[name]?.(to, n).catch((thrown: unknown) => thrown);
        const isPostponed = isTransferError(error) && error.isCallPostponed;
        if (isPostponed) await clock.sleep((error.retryAfterSeconds ?? 1) * 1000);
      }
    };
    await Promise.all(functions.map(work));
    const most = mostInWindow(times);
    expect(most).toBeLessThanOrEqual(callsPerWindow);
    expect(most).toBeGreaterThan(0.9 * callsPerWindow);
  });

  it.each(Object.entries(methods))('are reserved one by one: %s', async (_, ask) => {
    const clock = new ManualClock(0);
    const log: string[] = [];
    const transport = countingTransport(clock, () => void log.push('call'));
    const options = { transport, clock, log: { info: () => {}, warn: () => {}, error: () => {} } };
    const settings = checkSettings({
      environment: 'cavatica',
      project: 'ada/genomes',
      folders: 'key',
    });
    const apiKey = { get: async () => 'token', refresh: async () => 'token' };
    const takeCall = async () => void log.push('taken');
    await ask(createSevenBridges({ ...options, settings, apiKey, takeCall }), 1).catch(() => {});
    expect(log.length).toBeGreaterThan(0);
    expect(log).toEqual(log.map((_, at) => (at % 2 === 0 ? 'taken' : 'call')));
  });

  it('have a case here for each method of the adapter that takes a call', () => {
    const adapter = openFunctions(1, new ManualClock(0), { send: async () => ({}) as never })[0];
    const own = ['identity', 'identityOf', 'traits', 'accept', 'prepareChunks', 'sendChunk'];
    const calling = Object.keys(adapter ?? {}).filter((name) => !own.includes(name));
    expect(calling.sort()).toEqual(Object.keys(methods).sort());
  });

  it('wait in a state of the machine if the budget is in use for long', async () => {
    const clock = new ManualClock(0);
    const takeCall = createCallBudgets({
      clock,
      random: () => 1,
      store: () => ({ reserveCalls: async () => false }),
    });
    const budget = { group: 'api', calls: callsPerWindow, windowMs: callWindowMs };
    await expect(takeCall(budget, call.signal)).rejects.toMatchObject({
      name: 'ThrottledError',
      isCallPostponed: true,
      origin: 'service',
    });
    expect(clock.now()).toBeLessThanOrEqual(10_000);
  });
});
