import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { destinations } from '#src/destinations/registry.ts';

// Further rules of the seam, on imports and titles, are in test/architecture.test.ts.

const comments = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

/** Files outside the destinations and their simulators that name the kind of one, each with its reason. */
const naming: Readonly<Record<string, string>> = {
  'cli/actions/probe.ts': 'its questions are about the documents of TwelveLabs',
  'deploy-test/scenarios/installed.ts': 'it types the line of the page, which names one',
  'deploy-test/scenarios/other-destination.ts': 'it deploys a stack for each other kind',
};

/** Folders that know no service. */
const inner = [
  'core',
  'step-support',
  'outcome',
  'throttling',
  'admission',
  'steps',
  'reconciler',
  'background-work',
]
  .concat(['preflight', 'failure-notice', 'service-api'])
  .map((name) => join('src', name));

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

describe('the seam between the engine and its destinations', () => {
  // Comments and texts for people may name one as an example.
  it('lets no other code name the kind of a destination', () => {
    const kinds = destinations.map(({ kind }) => kind).join('|');
    const name = new RegExp(`(['"\`])(?:${kinds})\\1`);
    const found = ['src', 'functions', 'infra', 'local', 'cli', 'bench', 'deploy-test']
      .flatMap(filesOf)
      .filter((file) => !/^(?:src\/destinations|local\/simulators)\//.test(file))
      .filter((file) => name.test(readFileSync(file, 'utf8').replace(comments, '')));
    expect(found.filter((file) => !(file in naming))).toEqual([]);
    expect(Object.keys(naming).filter((file) => !existsSync(file))).toEqual([]);
  });

  // The lifetime or the size of one service is no fact of another.
  it('keeps the numbers of a service out of the inner folders, comments included', () => {
    const titles = destinations.map(({ title }) => title).join('|');
    const number = new RegExp(`\\b24 ?h\\b|(?:${titles})[^.]*\\d|\\d[^.]*(?:${titles})`);
    const found = inner.flatMap(filesOf).filter((file) => number.test(readFileSync(file, 'utf8')));
    expect(found).toEqual([]);
  });

  // Each call of an API has its place in the shared budget: the client reserves it.
  it('lets a destination call its API through the shared client only', () => {
    const sendersOf = (call: RegExp) =>
      filesOf('src/destinations').filter((file) => call.test(readFileSync(file, 'utf8')));
    // The refresh of a token is no call of the API.
    const others = sendersOf(/\btransport\.send\(/).filter((file) => basename(file) !== 'token.ts');
    // Chunks go to the upload host.
    const ofChunks = sendersOf(/\b(?:putChunk|storeChunk)\(/);
    expect(others).toEqual([]);
    expect(ofChunks.filter((file) => !/^send-(?:chunk|part)\.ts$/.test(basename(file)))).toEqual(
      [],
    );
    expect(ofChunks.length).toBeGreaterThan(0);
  });
});
