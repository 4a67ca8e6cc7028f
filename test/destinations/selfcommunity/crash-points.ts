import { expect, it } from 'vitest';
import { brokenPromises, type Community, type Kill, openCommunity, runPaper } from './community.ts';

/** Returns the calls of a run without a crash. */
async function callsOfRun(): Promise<readonly string[]> {
  const community = await openCommunity();
  const { calls } = await runPaper(community).finally(community.close);
  return calls;
}

/** True for a crash between the claim of the completion and the record of its result. */
function isWithinFinish(calls: readonly string[], { call, when }: Kill): boolean {
  const claim = calls.indexOf('store.claimFinish') + 1;
  const record = calls.indexOf('store.updateSession', claim) + 1;
  const isAfterClaim = call > claim || (call === claim && when === 'after');
  const isBeforeRecord = call < record || (call === record && when === 'before');
  return isAfterClaim && isBeforeRecord;
}

/** Kills a run once, continues it, and returns what is broken. */
export async function crashAt(
  calls: readonly string[],
  kill: Kill,
  open: () => Promise<Community> = openCommunity,
): Promise<string[]> {
  const community = await open();
  const { service } = community;
  // A service may forget an upload once it is a media.
  const onKill = () => {
    if (service.media().length > 0) service.forgetUploads();
  };
  const first = await runPaper(community, { kill, onKill });
  const mayBeUnknown = isWithinFinish(calls, kill);
  const last =
    kill.what === 'run' || first.error === 'CompletionUnknownError'
      ? await runPaper(community, { executionId: 'execution-b' })
      : first;
  await community.close();
  const where = `${kill.what} killed ${kill.when} ${kill.call} ${calls[kill.call - 1]}`;
  return brokenPromises(community, last, { mayBeUnknown }).map((text) => `${where}: ${text}`);
}

/** Returns every crash of a run. */
export async function everyCrash(): Promise<{ calls: readonly string[]; kills: Kill[] }> {
  const calls = await callsOfRun();
  const kills = calls.flatMap((_, i) =>
    (['function', 'run'] as const).flatMap((what) =>
      (['before', 'after'] as const).map((when) => ({ call: i + 1, when, what })),
    ),
  );
  return { calls, kills };
}

/** Describes crashes at every call of a run, or at each `nth` and at all around the completion. */
export function describeCrashPoints(nth: number): void {
  it('moves a document once, or names the unknown completion, after a crash at any call', async () => {
    const { calls, kills } = await everyCrash();
    const selected = kills.filter((kill, i) => i % nth === 0 || isWithinFinish(calls, kill));
    const broken: string[] = [];
    for (const kill of selected) broken.push(...(await crashAt(calls, kill)));
    console.log(`${selected.length} of ${kills.length} crashes`);
    expect(kills.length).toBeGreaterThan(100);
    expect(broken).toEqual([]);
  });
}
