import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { divideSessions } from '#cli/orphans/orphan-sessions.ts';
import { realClock } from '#local/simulators/clock.ts';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';
import { startServer } from '../http/http-server.ts';
import { useFakeAccount } from './fake-account.ts';
import { now, runProgram, testClock } from './program-harness.ts';
import { putTransfers, transferOf } from './transfer-records.ts';

const account = useFakeAccount();
let simulator: TwelveLabsSimulator;
const uploads: string[] = [];
/** The clock of the service moves by ten minutes after the first sessions are opened. */
let serviceShiftMs = 0;

beforeAll(async () => {
  const clock = { ...realClock, now: () => Date.now() + serviceShiftMs };
  simulator = await startTwelveLabs({ store: 'memory', clock });
  for (const filename of ['known.mp4', 'orphan.mp4']) uploads.push(await openUpload(filename));
  serviceShiftMs = 600_000;
});

async function openUpload(filename: string): Promise<string> {
  const reply = await fetch(`${simulator.baseUrl}/assets/multipart-uploads`, {
    method: 'POST',
    headers: { 'x-api-key': simulator.apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({ filename, type: 'video', total_size: 12_000_000 }),
  });
  return ((await reply.json()) as { upload_id: string }).upload_id;
}

afterAll(() => simulator.close());

beforeEach(async () => {
  account.replies.GetSecretValue = () => ({ SecretString: simulator.apiKey });
  const known = transferOf('known.mp4');
  await putTransfers(account.table, known);
  await account.table.store.recordUpload(uploads[0] ?? '', known.transferId);
});

/** Runs the command, by a clock that is `fastMs` fast. */
const orphansAt = (fastMs: number, ...argv: string[]) => {
  const shift = Date.now() - now + fastMs;
  const clock = testClock();
  const surroundings = { clock: { ...clock, now: () => clock.now() + shift } };
  return runProgram(['orphans', '--base-url', simulator.baseUrl, ...argv], surroundings);
};
const orphans = (...argv: string[]) => orphansAt(0, ...argv);

describe('chunkferry orphans', () => {
  it('lists the sessions that no transfer knows', async () => {
    const { code, stdout, stderr } = await orphans();
    expect([code, stderr]).toEqual([0, expect.stringContaining('1 orphan session; 1 session of')]);
    expect(stdout).toContain(uploads[1]);
    expect(stdout).not.toContain(uploads[0]);
    expect(stdout).toMatch(/11\.4 MiB +10 min ago/);
  });

  it('prints one JSON document', async () => {
    const { stdout } = await orphans('--json');
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      orphans: [{ uploadId: uploads[1], sizeBytes: 12_000_000 }],
      known: 1,
      truncated: false,
    });
  });

  it('judges the age by the clock of the service, also if the own is an hour fast', async () => {
    const upload = await openUpload('live.mp4');
    const { orphans: found, young } = JSON.parse((await orphansAt(3_600_000, '--json')).stdout);
    expect([found.map(({ uploadId }: { uploadId: string }) => uploadId), young]).toEqual([
      [uploads[1]],
      1,
    ]);
    simulator.dropSession(upload);
  });

  it('judges ages by the own clock, half an hour wide, if the service sends no Date', async () => {
    const server = await startServer((_, response) => {
      response.sendDate = false;
      const sessions = [40, 20].map((minutes) => ({
        upload_id: `opened-${minutes}-min-ago`,
        total_size: 5,
        status: 'active',
        created_at: new Date(now - minutes * 60_000).toISOString(),
      }));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ data: sessions, page_info: { total_page: 1 } }));
    });
    const { code, stdout, stderr } = await runProgram(['orphans', '--base-url', server.origin]);
    await server.close();
    expect([code, stdout]).toEqual([0, expect.stringContaining('opened-40-min-ago')]);
    expect(stdout).not.toContain('opened-20-min-ago');
    expect(stderr).toContain('1 younger than 30 min.');
    expect(stderr).toContain('the ages are by the clock of this computer.');
  });

  it('names a key that the service rejects, and never prints it', async () => {
    account.replies.GetSecretValue = () => ({ SecretString: 'canary-wrong-key' });
    const { code, stdout, stderr } = await orphans();
    expect([code, stdout]).toEqual([exitCodes.credentials, '']);
    expect(stderr).not.toContain('canary-wrong-key');
  });

  it('names the permission to read the secret', async () => {
    account.replies.GetSecretValue = { code: 'AccessDeniedException', message: 'no' };
    const { code, stderr } = await orphans();
    expect([code, stderr]).toEqual([
      exitCodes.denied,
      expect.stringContaining('Grant secretsmanager:GetSecretValue'),
    ]);
  });

  it('rejects a destination that lists no uploads', async () => {
    account.outputs.Destination = 'selfcommunity';
    const { code, stderr } = await runProgram([
      'orphans',
      '--base-url',
      'https://c.example.com/api/v2',
    ]);
    expect([code, stderr]).toEqual([
      exitCodes.usage,
      expect.stringContaining('does not list unfinished uploads'),
    ]);
  });
});

describe('the sorting of unfinished sessions', () => {
  it('keeps sessions without a time apart', async () => {
    const store = { transferOfUpload: async (id: string) => (id === 'own' ? 't' : undefined) };
    const sessions = [
      { uploadId: 'own' },
      { uploadId: 'undated' },
      { uploadId: 'old', createdAt: 5 },
    ];
    expect(await divideSessions(sessions, store, 10)).toEqual({
      orphans: [{ uploadId: 'old', createdAt: 5 }],
      undated: [{ uploadId: 'undated' }],
      known: 1,
      young: 0,
    });
  });
});
