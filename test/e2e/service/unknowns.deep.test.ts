import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '#local/simulators/twelvelabs/wire/call-log.ts';
import { startSandbox } from '../../harness/killable-parts.ts';
import {
  expectReady,
  inputOf,
  openWireHarness,
  type WireHarness,
  withTimeLimit,
} from '../../harness/wire-harness.ts';
import { variants } from './undocumented-behaviour.ts';

let harness: WireHarness;
beforeAll(async () => {
  harness = await openWireHarness();
});
afterEach(() => harness.reset());
afterAll(() => harness.close());

describe.each(variants)('if %s', (_what, switches) => {
  it('a film arrives although the reply to its last report is lost', async () => {
    Object.assign(harness.service.switches, switches);
    const film = harness.put(3);
    harness.service.faults.add({ on: 'report', kind: 'lost-reply' });
    await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.count('create')).toBe(1);
  });

  it('a film arrives although its session expires during the transfer', async () => {
    Object.assign(harness.service.switches, switches);
    const film = harness.put(6);
    const act = ({ uploadId }: CallRecord) => harness.service.expireSession(String(uploadId));
    harness.service.faults.add({ on: 'put', nth: 4, kind: 'callback', act });
    await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.count('create')).toBe(2);
  });
});

describe('a killed run is continued', () => {
  const chosen = ['not found', 'gets no URL', 'signature', 'undeclared'];
  const some = variants.filter(([what]) => chosen.some((words) => what.includes(words)));

  it.each(some)('if %s', async (_what, switches) => {
    Object.assign(harness.service.switches, switches);
    const film = harness.put(8);
    const sandbox = startSandbox(harness, { proofs: 4, chunksInFlight: 1 });
    const dead = harness.start(inputOf(film), withTimeLimit(harness, 'SendChunks', 60));
    await sandbox.killed;
    dead.kill();
    await dead.idle();
    harness.override({});
    await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.count('create')).toBe(1);
  });
});
