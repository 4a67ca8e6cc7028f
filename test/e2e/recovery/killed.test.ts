import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Invocation } from '#local/state-machine/lambda-runtime.ts';
import { stepNames } from '#src/core/stack/step-names.ts';
import { expectReady, inputOf, openWorld, type World } from '../../harness/wire-harness.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
beforeEach(() => world.reset());
afterAll(() => world.close());

const chunks = 60;

/** Kills the first call of one state's function, before it began or after its work was done. */
function killFirst(
  stateName: string,
  kind: 'crash-before' | 'crash-after',
  error = 'Lambda.Unknown',
) {
  let isDone = false;
  return (invocation: Invocation) => {
    if (isDone || invocation.stateName !== stateName) return undefined;
    isDone = true;
    return { kind, error };
  };
}

describe('a function that is killed', () => {
  it.each(
    stepNames.flatMap((step) => [[step, 'crash-before'] as const, [step, 'crash-after'] as const]),
  )('%s, %s it did its work, costs no chunk and makes no second asset', async (step, kind) => {
    const film = world.put(chunks);
    await expectReady(
      world,
      film,
      await world.run(inputOf(film), { faults: killFirst(step, kind) }),
    );
    expect(world.service.calls.count('create')).toBe(1);
    expect(world.service.calls.count('put')).toBe(chunks);
    expect(world.s3.chunkReads()).toBe(chunks);
    expect(world.events(film.key).filter(({ type }) => type !== 'Transfer Ready')).toEqual([]);
  });

  it('by throttling of Lambda is called again', async () => {
    const film = world.put(2);
    const faults = killFirst('SendChunks', 'crash-before', 'Lambda.TooManyRequestsException');
    await expectReady(world, film, await world.run(inputOf(film), { faults }));
  });

  it('every time fails its range only, and the next round sends what is left', async () => {
    const film = world.put(chunks);
    let calls = 0;
    const faults = ({ stateName }: Invocation) =>
      stateName === 'SendChunks' && ++calls <= 4
        ? { kind: 'crash-before' as const, error: 'Runtime.ExitError' }
        : undefined;
    await expectReady(world, film, await world.run(inputOf(film), { faults }));
    expect(world.service.calls.count('put')).toBe(chunks);
  });
});

describe('a run that is killed midway', () => {
  it('is continued by a new execution with the same input, which sends only the rest', async () => {
    const film = world.put(chunks);
    const first = world.pipeline.start(inputOf(film));
    world.emulators.follow(first);
    world.service.faults.add({ on: 'put', nth: 30, kind: 'callback', act: () => first.kill() });
    expect(await first.result).toMatchObject({ status: 'ABORTED' });
    await first.idle();
    const sent = world.service.calls.count('put', { status: 200 });
    world.service.calls.clear();
    await expectReady(world, film, await world.run(inputOf(film)));
    expect(world.service.calls.count('create')).toBe(0);
    expect(world.service.calls.count('put')).toBe(chunks - sent);
  });
});

describe('an outcome', () => {
  it('that could not be announced at first is announced in the end', async () => {
    const film = world.put(2);
    world.emulators.eventBridge.failNextCalls(4);
    await expectReady(world, film, await world.run(inputOf(film)));
    expect(world.events(film.key).map(({ type }) => type)).toEqual(['Transfer Ready']);
  });

  it('that can not be recorded never hides the error that came first', async () => {
    const film = world.put(2, { traits: { storageClass: 'GLACIER' } });
    const faults = ({ stateName }: Invocation) =>
      stateName === 'RecordOutcome'
        ? { kind: 'crash-before' as const, error: 'Lambda.Unknown' }
        : undefined;
    const result = await world.run(inputOf(film), { faults });
    expect(result).toMatchObject({ status: 'FAILED', error: 'SourceArchivedError' });
  });

  it('of success that can not be recorded is not called a success', async () => {
    const film = world.put(2);
    const faults = ({ stateName }: Invocation) =>
      stateName === 'RecordOutcome'
        ? { kind: 'crash-before' as const, error: 'Lambda.Unknown' }
        : undefined;
    const result = await world.run(inputOf(film), { faults });
    expect(result).toMatchObject({ status: 'FAILED', error: 'OutcomeNotRecordedError' });
    await world.run(inputOf(film));
    expect(world.service.calls.count('put')).toBe(2);
  });
});
