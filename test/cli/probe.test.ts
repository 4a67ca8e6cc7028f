import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import { createDefaultSwitches } from '#local/simulators/twelvelabs/settings/switches.ts';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';
import { startServer } from '../http/http-server.ts';
import { runProgram } from './program-harness.ts';

let simulator: TwelveLabsSimulator;
let earlierSessions: number;

beforeAll(async () => {
  simulator = await startTwelveLabs({ store: 'memory' });
});

afterAll(() => simulator.close());

beforeEach(() => {
  earlierSessions = simulator.sessions().length;
  simulator.calls.clear();
  simulator.faults.clear();
  Object.assign(simulator.switches, createDefaultSwitches());
});

const probe = (argv: readonly string[], more: { answer?: string; key?: string } = {}) =>
  runProgram(['probe', '--base-url', simulator.baseUrl, ...argv], {
    env: { TWELVE_LABS_API_KEY: more.key ?? simulator.apiKey },
    ...(more.answer !== undefined && { answer: more.answer }),
  });

async function findings() {
  const { stdout, code } = await probe(['--yes', '--json']);
  const { findings: list, deleted } = JSON.parse(stdout);
  const found = Object.fromEntries(
    list.map(({ about, ...finding }: { about: string }) => [about, finding]),
  );
  return { code, found, deleted };
}

/** Returns the assets of all sessions of a test, unfinished ones too, that no accepted call deleted. */
const undeleted = () =>
  simulator
    .sessions()
    .slice(earlierSessions)
    .map(({ assetId }) => assetId)
    .filter((assetId) => simulator.calls.count('delete-asset', { assetId, status: 204 }) === 0);

describe('chunkferry probe', () => {
  it('ends with 0 if all assumptions hold, and deletes its asset', async () => {
    const { code, found, deleted } = await findings();
    const wrong = Object.entries(found).filter(
      ([, one]) => (one as { holds?: boolean }).holds === false,
    );
    expect(wrong).toEqual([]);
    expect([code, deleted, undeleted()]).toEqual([exitCodes.done, true, []]);
  });

  it('finds the other answer of each question, and ends with 1', async () => {
    Object.assign(simulator.switches, {
      etag: 'opaque',
      singleUse: 'off',
      badReport: 'mark-failed',
      reportAfterCompletion: 'count-duplicates',
      countPastEnd: 'clip',
      completedChunkUrls: 'skip',
      unfinishedAsset: 'not-found',
      chunkSizeBytes: 6 * 1024 * 1024,
    });
    const { code, found, deleted } = await findings();
    expect(found).toMatchObject({
      etag: { found: 'opaque', holds: false },
      singleUse: { found: 'accepted again (200)', holds: false },
      badReport: { found: 'accepted', holds: false },
      reportAfterCompletion: { found: 'accepted, 1 duplicates', holds: false },
      countPastEnd: { found: 'clipped to 1 URL', holds: false },
      completedChunkUrls: { found: '0 URL', holds: false },
      unfinishedAsset: { found: 'not found', holds: false },
      chunkSizeBytes: { found: '6291456 bytes', holds: false },
    });
    expect([code, deleted, undeleted()]).toEqual([exitCodes.failed, true, []]);
  });

  it('prints the limits that headers name, and takes a 429 for no answer', async () => {
    simulator.faults.add({ kind: 'throttle', on: 'put', nth: 2, times: 1, retryAfter: 7 });
    simulator.faults.add({ kind: 'throttle', on: 'delete-asset', nth: 1, times: 1 });
    const { code, found, deleted } = await findings();
    expect([code, deleted, undeleted()]).toEqual([exitCodes.done, true, []]);
    expect(found['limits in headers'].found).toBe('retry-after: 7');
    expect(found.singleUse).toEqual({
      found: 'no answer (429)',
      assumed: 'a used URL is rejected',
    });
  });

  it('deletes its asset also after a failure, and prints what was found before', async () => {
    simulator.faults.add({ on: 'report', nth: 2, times: 1, kind: 'status', status: 500 });
    const { code, stdout, stderr } = await probe(['--yes']);
    expect(code).toBe(exitCodes.failed);
    expect(stdout).toContain('chunkSizeBytes');
    expect(stderr).toMatch(/The asset [0-9a-f]+ is deleted\.\n/);
    expect(stderr).toContain('The probe could not go on: reporting chunk 1 was answered 500');
    expect(undeleted()).toEqual([]);
  });

  it('reports that an asset which the service hides was not deleted', async () => {
    simulator.switches.unfinishedAsset = 'not-found';
    simulator.faults.add({ on: 'report', nth: 2, times: 1, kind: 'status', status: 500 });
    const { code, stdout } = await probe(['--yes', '--json']);
    const [session] = simulator.sessions().slice(earlierSessions);
    expect([code, session?.state]).toEqual([exitCodes.failed, 'active']);
    expect(JSON.parse(stdout)).toMatchObject({
      deleted: false,
      left: `The asset ${session?.assetId} was not deleted: the service does not show it. The unfinished upload ends by itself after 24 hours.`,
    });
  });

  it('finds by its size the upload whose create reply was lost', async () => {
    simulator.faults.add({ on: 'create', nth: 1, times: 1, kind: 'lost-reply' });
    const { code, stderr } = await probe(['--yes']);
    const [session] = simulator.sessions().slice(earlierSessions);
    expect([code, session?.state]).toEqual([exitCodes.unavailable, 'active']);
    expect(stderr).toContain(
      `The unfinished upload ${session?.uploadId} of the probe exists: the reply with its asset was lost. It ends by itself after 24 hours.\n`,
    );
  });

  it('deletes by its name the asset whose create reply was lost', async () => {
    const deleted: string[] = [];
    let filename = '';
    const server = await startServer(async (request, response) => {
      const { method = '', url = '' } = request;
      if (method === 'POST') {
        filename = JSON.parse(await text(request)).filename;
        return void response.destroy();
      }
      if (method === 'DELETE') deleted.push(url);
      const isList = url.startsWith('/v1.3/assets?');
      const own = [
        { _id: 'other', filename: 'x.mp4' },
        { _id: 'own', filename },
      ];
      response.writeHead(method === 'DELETE' ? 204 : 200, { 'content-type': 'application/json' });
      response.end(method === 'DELETE' ? undefined : JSON.stringify({ data: isList ? own : [] }));
    });
    const call = ['probe', '--base-url', `${server.origin}/v1.3`, '--yes', '--json'];
    const { code, stdout } = await runProgram(call, { env: { TWELVE_LABS_API_KEY: 'k' } });
    await server.close();
    expect(code).toBe(exitCodes.unavailable);
    expect(JSON.parse(stdout)).toMatchObject({ asset: 'own', deleted: true });
    expect(deleted).toEqual(['/v1.3/assets/own']);
  });

  it('reports that an upload may exist if its create reply and the list were lost', async () => {
    simulator.faults.add({ on: 'create', nth: 1, times: 1, kind: 'lost-reply' });
    simulator.faults.add({ on: 'list', nth: 1, times: 1, kind: 'status', status: 500 });
    const { stderr, interrupted } = await probe(['--yes']);
    const [session] = simulator.sessions().slice(earlierSessions);
    const left = `An unfinished upload of ${session?.filename} may exist`;
    expect(stderr).toContain(left);
    expect(interrupted).toContain(`Interrupted. ${left}`);
  });

  it('asks first, and creates nothing without a yes', async () => {
    for (const more of [{}, { answer: 'n' }]) {
      const { code, stderr } = await probe([], more);
      expect([code, stderr]).toEqual([11, expect.stringContaining('Sends one film of 11.0 MiB')]);
    }
    expect(simulator.calls.count('create')).toBe(0);
  });

  it('names a key that is rejected, and never prints it', async () => {
    const { code, stdout, stderr } = await probe(['--yes'], { key: 'canary-wrong' });
    expect([code, stdout]).toEqual([exitCodes.credentials, '']);
    expect(stderr).toContain('opening an upload session was answered 401');
    expect(stderr).not.toContain('canary-wrong');
  });
});
