import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { destinations } from '#src/destinations/registry.ts';
import { runProgram } from './program-harness.ts';

/** Completes words. Returns the suggested values, and the directive for the shell. */
async function complete(...words: string[]) {
  const { stdout } = await runProgram(['complete', '--', ...words]);
  const lines = stdout.trimEnd().split('\n');
  return { values: lines.slice(0, -1).map((line) => line.split('\t')[0]), end: lines.at(-1) };
}

describe('chunkferry complete', () => {
  it('suggests commands, with what they do', async () => {
    expect((await complete('re')).values).toEqual(['retry', 'resume']);
    const { stdout } = await runProgram(['complete', '--', 'wat']);
    expect(stdout).toBe('watch\tshow what moves and waits, again and again\n:4\n');
  });

  it('suggests the options of the command, and the values of an option', async () => {
    expect((await complete('list', '--s')).values).toEqual([
      '--state',
      '--since',
      '--stack',
      '--state-dir',
    ]);
    const kinds = destinations.map(({ kind }) => kind);
    expect((await complete('ingest', '--destination', '')).values).toEqual(kinds);
    expect((await complete('completion', '')).values).toEqual(['bash', 'zsh', 'fish']);
  });

  it('lets the shell complete files where files are expected, and nowhere else', async () => {
    expect(await complete('ingest', './fi')).toEqual({ values: [], end: ':0' });
    expect(await complete('export', '--out', '')).toEqual({ values: [], end: ':0' });
    expect(await complete('status', '')).toEqual({ values: [], end: ':4' });
  });
});

describe('the script for bash', () => {
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'completion-'));
    const { stdout } = await runProgram(['completion', 'bash']);
    writeFileSync(join(folder, 'script'), stdout);
    // Answers as the program does, without its start.
    const answer = `#!/bin/sh\nprintf '%s\\n' "$@" > ${folder}/asked\nprintf 'list\\tlist transfers\\nlocal\\n:4\\n'\n`;
    writeFileSync(join(folder, 'chunkferry'), answer);
    chmodSync(join(folder, 'chunkferry'), 0o755);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Completes words in a bash without settings. Returns its COMPREPLY. */
  async function reply(...words: string[]) {
    const quoted = ['chunkferry', ...words].map((word) => `'${word}'`).join(' ');
    const script = `set -eu; PATH=${folder}:$PATH; . ${folder}/script; . ${folder}/script
      compopt() { :; }; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}
      _chunkferry_completion; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-c', script]);
    expect(stderr).toBe('');
    return stdout.trim().split('\n');
  }

  it('needs no other package, may be read twice, and offers what begins with the word', async () => {
    expect(await reply('l')).toEqual(['list', 'local']);
    expect(await reply('li')).toEqual(['list']);
  });

  it('never runs what was typed', async () => {
    const { readFileSync } = await import('node:fs');
    await reply('status', '$(touch ran)', '');
    expect(readFileSync(join(folder, 'asked'), 'utf8').split('\n')).toEqual([
      'complete',
      '--',
      'status',
      '$(touch ran)',
      '',
      '',
    ]);
  });
});

describe('the scripts for zsh and fish', () => {
  it.each(['zsh', 'fish'])('%s asks the program', async (shell) => {
    const { code, stdout } = await runProgram(['completion', shell]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('chunkferry complete -- ')]);
  });

  it('of another shell are rejected, with the shells that there are', async () => {
    const { code, stderr } = await runProgram(['completion', 'tcsh']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('bash, zsh, fish')]);
  });
});

describe('the options of every command', () => {
  it('are known without the SDK and the CDK', () => {
    // A process of its own: this one has loaded both.
    const listing = `import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ resolve(specifier, context, next) { loaded.push(specifier); return next(specifier, context); } });
      const { commands } = await import('#cli/commands/registry.ts');
      for (const { load } of Object.values(commands)) (await load())({}, () => {});
      console.log(loaded.filter((name) => /^(@aws-sdk|aws-cdk|constructs|undici|cli-table3)/.test(name)).join());`;
    const argv = ['--input-type=module', '--eval', listing];
    const { stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
    expect([stdout.trim(), stderr]).toEqual(['', '']);
  });
});
