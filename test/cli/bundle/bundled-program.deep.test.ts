import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { bundledStart, root } from '#cli/program-bundle.ts';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import { bundleProgram } from '../../../packaging/bundle-program.ts';
import { canarySearch } from '../../security/canaries/search.ts';

/** A bundle of this test: other tests may run the bundle of the checkout meanwhile. */
const bundleFolder = `node_modules/.cache/program-test-${process.pid}/`;
let bundle: string;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bundled-program-'));
  await bundleProgram(bundleFolder);
  bundle = fileURLToPath(bundledStart(bundleFolder) ?? '');
});
afterAll(() => {
  rmSync(root + bundleFolder, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, argv: readonly string[], settings = {}): Promise<Ended> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, HOME: folder, ...settings };
  const call = ['--max-semi-space-size=2', program, ...argv];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, call, { env, cwd: folder }, (_, stdout, stderr) => {
      for (const text of [stdout, stderr]) canarySearch.searchText('commands', text);
      resolve({ code: child.exitCode, stdout, stderr });
    });
  });
}

describe('the bundled program', () => {
  it.each([
    [['--help'], exitCodes.done],
    [['version'], exitCodes.done],
    [['complete', '--', 'ingest', '--'], exitCodes.done],
    [['ingest', 'film.mp4'], exitCodes.usage],
    [['export', '--no-such-option'], exitCodes.usage],
  ])('answers %j as its sources do', async (argv, code) => {
    const [ofBundle, ofSources] = [await run(bundle, argv), await run(`${root}cli/start.ts`, argv)];
    expect(ofBundle).toEqual(ofSources);
    expect(ofBundle.code).toBe(code);
  });

  it('reads the sample film and the saved definition, which are next to their sources', async () => {
    const { code, stdout } = await run(bundle, ['demo', '--size', '1MiB', '--json']);
    const { status, bytes, sha256 } = JSON.parse(stdout);
    expect([code, status, bytes]).toEqual([0, 'ready', 2 ** 20]);
    expect(sha256.arrived).toBe(sha256.source);
  });

  it('moves several files, each in a process of its own', async () => {
    const service = await startTwelveLabs({ store: 'memory' });
    const files = ['a.mp4', 'b.mp4'];
    for (const file of files) writeFileSync(join(folder, file), Buffer.alloc(100_000, file));
    const { code, stdout } = await run(bundle, ['ingest', ...files, '--json'], {
      TWELVE_LABS_API_KEY: service.apiKey,
      TWELVELABS_BASE_URL: service.baseUrl,
    });
    await service.close();
    expect([code, JSON.parse(stdout).sources]).toEqual([
      0,
      files.map((source) => expect.objectContaining({ source, status: 'ready' })),
    ]);
  });
});

describe('a build', () => {
  it('replaces the earlier bundle', async () => {
    await bundleProgram(bundleFolder);
    const next = fileURLToPath(bundledStart(bundleFolder) ?? '');
    expect([existsSync(bundle), existsSync(next)]).toEqual([false, true]);
    expect(readdirSync(root + bundleFolder)).toHaveLength(2);
    bundle = next;
  });

  it('during which a source changed is not used', async () => {
    const earlier = bundledStart(bundleFolder);
    // A build that started in 1970: all files are newer.
    await expect(bundleProgram(bundleFolder, () => 0)).rejects.toThrow('must not change during');
    expect(bundledStart(bundleFolder)).toBe(earlier);
  });
});
