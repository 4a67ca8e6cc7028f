import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';
import { runShared } from '../../commands/run-command.ts';
import { oddKeys } from './odd-keys.ts';

let simulator: TwelveLabsSimulator;
let folder: string;
let environment: Record<string, string>;
beforeAll(async () => {
  simulator = await startTwelveLabs({ store: 'memory', chunkSizeBytes: 1024 });
  folder = await mkdtemp(join(tmpdir(), 'odd-keys-'));
  environment = {
    TWELVE_LABS_API_KEY: simulator.apiKey,
    TWELVELABS_BASE_URL: simulator.baseUrl,
    XDG_STATE_HOME: folder,
  };
});
afterAll(async () => {
  await simulator.close();
  await rm(folder, { recursive: true, force: true });
});

/** Characters that a terminal interprets: controls and bidirectional marks. */
const terminalControls = /[\p{Zl}\p{Zp}\p{Bidi_Control}]|(?!\n)\p{Cc}/u;

/** A file name with every kind of terminal control. */
const worst = `a\u001b[2J\u001b]0;owned\u0007\rb\nc\u009b31m\u202egpj.mp4`;

describe('npm run ingest', () => {
  it('prints a key with terminal controls without the controls', async () => {
    const film = join(folder, worst);
    await writeFile(film, Buffer.alloc(3_000, 'film'));
    const { code, stdout, stderr } = await runShared('ingest', [film], environment);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^[\w-]+$/);
    expect(stdout).toContain('gpj.mp4');
    expect(`${stdout}${stderr}`).not.toMatch(terminalControls);
    // A newline in the key starts no line of its own. The last line is the asset's id, of any hex digits.
    const lines = stdout.trimEnd().split('\n').slice(0, -1);
    expect(lines.filter((line) => line.startsWith('c'))).toEqual([
      expect.stringMatching(/^chunks /),
    ]);
  });

  it('rejects an invalid source in one line without terminal controls', async () => {
    const source = `s3://${worst}`;
    const { code, stderr } = await runShared('ingest', [source], environment);
    expect(code).toBe(exitCodes.usage);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).not.toMatch(terminalControls);
  });
});

/** Returns the shell lines of a text with continued lines joined. */
function shellLines(text: string): string[] {
  const blocks = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)];
  const shell = blocks.filter(([, language]) => language === '' || language === 'sh');
  return shell.flatMap(([, , block = '']) => block.replaceAll('\\\n', ' ').split('\n'));
}

async function linesWith(words: RegExp): Promise<string[]> {
  const docs = (await readdir('docs', { recursive: true })).filter((name) => name.endsWith('.md'));
  const texts = ['README.md', 'CONTRIBUTING.md', ...docs.map((name) => join('docs', name))];
  const lines = texts.flatMap((name) => shellLines(readFileSync(name, 'utf8')));
  const found = lines.filter((line) => words.test(line));
  expect(found.length).toBeGreaterThan(0);
  return found;
}

/** Returns the words of a line as a shell parses them, after its command. */
function wordsOf(line: string, command: RegExp): string[] {
  const script = `print() { printf '%s\\0' "$@"; }; ${line.replace(command, 'print')}`;
  return execFileSync('bash', ['-c', script], { cwd: folder }).toString().split('\0').slice(0, -1);
}

describe('a shell line of the documents', () => {
  it('passes a key unchanged between its single quotes', async () => {
    for (const line of await linesWith(/npm run ingest -- .*s3:\/\//)) {
      // Checked first: the shell would run an unquoted key as a command.
      expect(line).toContain(`'s3://my-bucket/archive/film.mp4'`);
      for (const key of Object.values(oddKeys)) {
        const typed = line.replaceAll('archive/film.mp4', () => key.replaceAll("'", "'\\''"));
        const words = wordsOf(typed, /^\s*npm run ingest --/);
        expect(words).toEqual([`s3://my-bucket/${key}`]);
      }
    }
  });

  it('that starts an execution reads its input from a file, which needs no quoting', async () => {
    for (const line of await linesWith(/start-execution/)) {
      expect(line).toMatch(/--input file:\/\/\S+/);
    }
  });
});

describe('npm run', () => {
  it('passes a key unchanged to its script', async () => {
    const script = 'node -e "console.log(JSON.stringify(process.argv.slice(1)))" --';
    const manifest = JSON.stringify({ name: 'keys', scripts: { ingest: script } });
    await writeFile(join(folder, 'package.json'), manifest);
    const keys = Object.values(oddKeys).map((key) => `s3://my-bucket/${key}`);
    const args = ['run', '--silent', 'ingest', '--', ...keys];
    const text = execFileSync('npm', args, { cwd: folder }).toString();
    expect(JSON.parse(text)).toEqual(keys);
  });
});
