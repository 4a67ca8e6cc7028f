import { describe, expect, it } from 'vitest';
import { argumentsOf, assertOnlyJson } from '#cli/npm-script.ts';

const byNpm = {
  npm_lifecycle_event: 'ingest',
  npm_lifecycle_script: 'node cli/main.js ingest --local',
};

describe('N4: JSON on a pipe', () => {
  const check = (isTTY: boolean, env: Record<string, string>) =>
    assertOnlyJson(['ingest', '--json', 'film.mp4'], {
      io: { stdout: { isTTY, write: () => {} } },
      env,
    });

  it('fails behind npm’s own lines, with the call that avoids them', () => {
    expect(() => check(false, { ...byNpm, npm_config_loglevel: 'notice' })).toThrow(
      'npm run --silent ingest -- --json',
    );
  });

  it.each([
    ['npm is silent', false, { ...byNpm, npm_config_loglevel: 'silent' }],
    ['npm has --json itself', false, { ...byNpm, npm_config_json: 'true' }],
    ['npm did not start it', false, {}],
    ['npm started another script', false, { ...byNpm, npm_lifecycle_script: 'vitest run' }],
    ['stdout is a terminal', true, byNpm],
  ])('is printed if %s', (_, isTerminal, env) => {
    expect(() => check(isTerminal, env)).not.toThrow();
  });
});

describe('--json before --, which npm keeps for itself,', () => {
  const argv = ['ingest', '--local', '--', '-film.mp4'];

  it('is an option of the program that npm started', () => {
    expect(argumentsOf(argv, { ...byNpm, npm_config_json: 'true' })).toEqual([
      'ingest',
      '--json',
      ...argv.slice(1),
    ]);
  });

  it.each([
    ['another program that npm started', { npm_config_json: 'true', npm_lifecycle_script: 'x' }],
    ['a call without it', byNpm],
  ])('does not change %s', (_, env) => {
    expect(argumentsOf(argv, env)).toBe(argv);
  });
});
