import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { lines, local, openPageShell, type PageShell } from './page-shell.ts';

let shell: PageShell;

beforeAll(async () => {
  shell = await openPageShell();
});
afterAll(() => shell.close());

describe('a command line in the pages', () => {
  it.each(local)('works as written: %s', async (line) => {
    const { code, stdout, stderr } = await shell.run(line);
    expect([code, stderr]).toEqual([0, expect.not.stringMatching(/^\s+at |Error:/m)]);
    if (line.includes('jq')) expect(stdout).toMatch(/^[0-9a-f]{24}\n$/);
  });

  it('exports only variables that the command reads', async () => {
    const help = await shell.run('npm run ingest -- --help');
    const names = lines.flatMap((line) => /^export (\w+)=/.exec(line)?.slice(1) ?? []);
    expect(names).toEqual(['TWELVE_LABS_API_KEY', 'SEVEN_BRIDGES_TOKEN']);
    for (const name of names) expect(help.stdout).toContain(name);
  });
});

describe('N4: --json through npm itself', () => {
  // The page's own line has `npm run --silent ingest -- --json`.
  it('is one object on stdout, also if npm has --json itself', async () => {
    const { code, stdout } = await shell.run('npm run --json ingest -- ./film.mp4 | cat');
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { assetId: expect.any(String) }]);
  });

  it.each([
    'npm run ingest -- --json ./film.mp4 | cat',
    'npm run-script ingest -- --json ./film.mp4 | cat',
    'npm run doctor -- --json | cat',
  ])('fails behind npm’s own lines, before any byte is sent: %s', async (line) => {
    shell.simulator.calls.clear();
    const { code, stderr } = await shell.run(line);
    const call = expect.stringMatching(/Use: npm run --silent (ingest|doctor) -- --json …/);
    expect([code, stderr]).toEqual([exitCodes.usage, call]);
    expect(shell.simulator.calls.counts()).toEqual({});
  });
});
