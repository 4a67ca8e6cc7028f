import { describe, expect, it } from 'vitest';
import { canaries, canariesIn } from './canaries.ts';
import { filesOf } from './files.ts';

/** The committed files and folders. */
const committed = [
  ...[
    '.ci',
    '.github',
    'bench',
    'cli',
    'deploy-test',
    'packaging',
    'docs',
    'functions',
    'infra',
    'local',
    'src',
    'test',
  ],
  ...['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'SECURITY.md'],
  ...['biome.json', 'cdk.json', 'cspell.json', 'project-words.txt', '.secretlintrc.json'],
  ...['package-lock.json', 'package.json', 'tsconfig.json'],
  ...['vitest.config.ts', 'vitest.deep.config.ts'],
];

/** The file that defines the canary mark. */
const definingFiles = ['local/simulators/canaries.ts'];

const files = committed.flatMap(filesOf);

describe('the tree', () => {
  it('is read completely', () => {
    expect(files.length).toBeGreaterThan(400);
    expect(files.filter(({ path }) => path.includes('__snapshots__')).length).toBeGreaterThan(0);
  });

  it('contains canaries only in their defining file, including snapshots', () => {
    const filesWithCanaries = files.filter(({ text }) => canariesIn(text).length > 0);
    expect(filesWithCanaries.map(({ path }) => path)).toEqual(definingFiles);
  });
});

it('the search finds a canary', () => {
  expect(canariesIn(canaries.planted)).toHaveLength(1);
});
