import { describe, expect, it } from 'vitest';
import { canaries, canariesIn } from './canaries.ts';
import { filesOf } from './files.ts';

/** The committed files and folders. */
const committed = [
  ...['.ci', 'bench', 'deploy-test', 'docs', 'functions', 'infra', 'local', 'src', 'test'],
  ...['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'biome.json', 'cdk.json'],
  ...['package-lock.json', 'package.json', 'tsconfig.json', 'vitest.config.ts'],
];

/** The file that defines the canary mark. */
const definingFiles = ['local/simulators/twelvelabs/settings/canaries.ts'];

/** Patterns of real secrets. */
const shapes: Readonly<Record<string, RegExp>> = {
  'an access key id of AWS': /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  'a secret access key of AWS': /secret_?access_?key["']?\s*[:=]\s*["']?[A-Za-z0-9/+]{40}\b/gi,
  'a signature of AWS': /X-Amz-Signature=[0-9a-f]{64}/gi,
  'an API key of TwelveLabs': /\btlk_[0-9A-Za-z]{20,}/g,
  'a private key': /-----BEGIN [A-Z ]*PRIVATE KEY-----/g,
  'a token of GitHub': /\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_\w{40,})/g,
  'a token of npm': /\bnpm_[0-9A-Za-z]{36}\b/g,
  'a JSON web token': /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/g,
};

/** Marks of example values. */
const harmless = /EXAMPLE|0{12}/;

function secretsIn(text: string): string[] {
  return Object.entries(shapes).flatMap(([name, shape]) =>
    (text.match(shape) ?? []).filter((found) => !harmless.test(found)).map(() => name),
  );
}

const files = committed.flatMap(filesOf);

describe('the tree', () => {
  it('is read completely', () => {
    expect(files.length).toBeGreaterThan(400);
    expect(files.filter(({ path }) => path.includes('__snapshots__')).length).toBeGreaterThan(0);
  });

  it('contains no secret', () => {
    expect(
      files.flatMap(({ path, text }) => secretsIn(text).map((it) => `${path}: ${it}`)),
    ).toEqual([]);
  });

  it('contains canaries only in their defining file, including snapshots', () => {
    const filesWithCanaries = files.filter(({ text }) => canariesIn(text).length > 0);
    expect(filesWithCanaries.map(({ path }) => path)).toEqual(definingFiles);
  });
});

describe('the search for secrets finds', () => {
  const hex = 'ab'.repeat(32);
  it.each([
    [`key ${['AKIA', 'IOSFODNN7REALKEY'].join('')}`, 'an access key id of AWS'],
    [`aws_secret_access_key = ${'wJalrXUt'.repeat(5)}`, 'a secret access key of AWS'],
    [`https://h/?X-Amz-Signature=${hex}&a`, 'a signature of AWS'],
    [`tlk_${'0A1B2C3D'.repeat(3)}`, 'an API key of TwelveLabs'],
    [['-----BEGIN', 'RSA PRIVATE KEY-----'].join(' '), 'a private key'],
    [`ghp_${'a1B2'.repeat(9)}`, 'a token of GitHub'],
    [`npm_${'a1B2'.repeat(9)}`, 'a token of npm'],
    [['eyJhbGciOiJIUzI1', 'eyJzdWIiOiIxMjM0', 'SflKxwRJSMeKKF2Q'].join('.'), 'a JSON web token'],
  ])('%s', (text, name) => {
    expect(secretsIn(text)).toEqual([name]);
  });

  it('no example value', () => {
    expect(secretsIn(['AKIA', 'IOSFODNN7EXAMPLE'].join(''))).toEqual([]);
    expect(canariesIn(canaries.planted)).toHaveLength(1);
  });
});
