import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorCatalogue } from '#src/core/errors/error-lookup.ts';
import { destinations } from '#src/destinations/registry.ts';

/** Which folders each folder may import from, itself included; outside packages are listed by name below. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'src/core': ['src/core'],
  'src/step-support': ['src/core', 'src/step-support'],
  'src/background-work': ['src/core', 'src/step-support', 'src/background-work'],
  'src/system': ['src/core', 'src/system'],
  'src/outcome': ['src/core', 'src/step-support', 'src/outcome'],
  'src/throttling': ['src/core', 'src/step-support', 'src/throttling'],
  'src/admission': [
    'src/core',
    'src/step-support',
    'src/background-work',
    'src/outcome',
    'src/admission',
  ],
  'src/steps': ['src/core', 'src/step-support', 'src/outcome', 'src/admission', 'src/steps'],
  'src/reconciler': [
    'src/core',
    'src/step-support',
    'src/background-work',
    'src/outcome',
    'src/admission',
    'src/reconciler',
  ],
  'src/preflight': ['src/core', 'src/step-support', 'src/outcome', 'src/preflight'],
  'src/failure-notice': ['src/core', 'src/step-support', 'src/outcome', 'src/failure-notice'],
  'src/events': ['src/core', 'src/step-support', 'src/events'],
  'src/http': ['src/core', 'src/http'],
  'src/config': ['src/core', 'src/config'],
  'src/service-api': ['src/core', 'src/http', 'src/service-api'],
  'src/destinations': ['src/core', 'src/http', 'src/service-api', 'src/destinations'],
  'src/aws': ['src/core', 'src/http', 'src/aws'],
  functions: ['src', 'functions'],
  infra: [
    'src/core/source/buckets.ts',
    'src/core/errors/error-lookup.ts',
    'src/core/errors/error-meanings.ts',
    'src/core/errors/transfer-error.ts',
    'src/core/limits/limits.ts',
    'src/core/source/media-types.ts',
    'src/core/shared-with-infra',
    'src/core/limits/retry-bounds.ts',
    'src/core/source/sources.ts',
    'src/config/environment-keys.ts',
    'src/destinations/registry.ts',
    'src/service-api/definition.ts',
    'src/service-api/settings.ts',
    'src/core/queue/queue.ts',
    'src/core/queue/transfer-window.ts',
    'infra',
    'cdk.json',
  ],
  local: ['src', 'functions', 'infra', 'local'],
  cli: ['src', 'functions', 'infra', 'local', 'cli', 'package.json'],
  bench: ['src', 'functions', 'infra', 'local', 'bench'],
  'deploy-test': ['src/core', 'local', 'deploy-test'],
};

/** Packages that a folder may use; Node's own are free to all but the pure folders, which name theirs. */
const packages: Readonly<Record<string, readonly string[]>> = {
  'src/core': ['zod/mini'],
  'src/step-support': ['node:crypto', 'zod/mini', 'zod/v4/locales/en.js'],
  'src/background-work': [],
  'src/system': [],
  'src/outcome': ['zod/mini'],
  'src/throttling': [],
  'src/admission': ['zod/mini'],
  'src/steps': ['node:crypto', 'zod/mini'],
  'src/reconciler': ['zod/mini'],
  'src/preflight': ['zod/mini'],
  'src/failure-notice': ['zod/mini'],
  'src/events': ['zod/mini'],
  'src/http': [
    'ipaddr.js',
    'undici',
    'undici/lib/api/api-request.js',
    'undici/lib/core/connect.js',
    'undici/lib/dispatcher/agent.js',
    'node:',
  ],
  'src/config': ['zod/mini'],
  'src/service-api': ['zod/mini'],
  'src/destinations': ['zod/mini', 'node:'],
  'src/aws': ['@aws-sdk/', 'zod/mini', 'node:'],
  functions: ['@aws-sdk/', '@aws-lambda-powertools/', 'aws-lambda', 'zod/mini'],
  infra: ['aws-cdk-lib', 'constructs', 'esbuild', 'fastest-levenshtein', 'zod', 'node:'],
};

interface Import {
  readonly file: string;
  readonly folder: string;
  readonly target: string;
}

const imports = Object.keys(allowed).flatMap((folder) =>
  sourcesOf(folder).flatMap((file) => importsOf(folder, file)),
);

function sourcesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

function importsOf(folder: string, file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const found = text.matchAll(/^(?:import|export)\s(?:[^'";]*?\sfrom\s)?'([^'\n]+)'/gm);
  return [...found].map(([, specifier = '']) => ({
    file,
    folder,
    target: resolve(file, specifier),
  }));
}

function resolve(file: string, specifier: string): string {
  if (specifier.startsWith('#')) return specifier.slice(1);
  return specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier;
}

function isOurs({ target }: Import): boolean {
  return /^(src|functions|infra|local|cli|bench|test)\//.test(target) || target.endsWith('.json');
}

function isWithin(target: string, places: readonly string[]): boolean {
  return places.some(
    (place) => target === place || target.startsWith(place.endsWith('.ts') ? place : `${place}/`),
  );
}

/** Longer files, each with its reason. */
const longFiles: Readonly<Record<string, string>> = {
  'infra/stacks/documented-props.ts': 'it is generated: one entry for each prop of the construct',
};

/** Folders with more files, each with its reason. */
const largeFolders: Readonly<Record<string, string>> = {
  'src/destinations/seven-bridges':
    'one module for each call of its API and for each rule of its files',
  'functions/runtime': 'one module for each part of the container',
};

/** All modules of the project, tests included. */
const modules = [...Object.keys(allowed), 'test', 'packaging'].flatMap(sourcesOf);

describe('a reader finds', () => {
  it('at most 300 lines in a file, and a reason for each longer one', () => {
    const long = modules.filter((file) => readFileSync(file, 'utf8').split('\n').length > 301);
    expect(long).toEqual(Object.keys(longFiles));
  });

  it('fewer than 20 modules in a folder, and a reason for each larger one', () => {
    const counts = Map.groupBy(modules, (file) => dirname(file));
    const large = [...counts].filter(([, files]) => files.length >= 20).map(([folder]) => folder);
    expect(large).toEqual(Object.keys(largeFolders).filter((folder) => existsSync(folder)));
  });
});

describe('the layering', () => {
  it('finds the imports it judges', () => {
    expect(imports.length).toBeGreaterThan(300);
  });

  it('lets every folder import only from folders further in', () => {
    const wrong = imports.filter(
      (one) => isOurs(one) && !isWithin(one.target, allowed[one.folder] ?? []),
    );
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('lets the inner folders use only the packages on their list', () => {
    const wrong = imports.filter(({ folder, target, ...one }) => {
      const list = packages[folder];
      if (!list || isOurs({ folder, target, ...one })) return false;
      return !list.some(
        (name) =>
          target === name ||
          target.startsWith(name.endsWith('/') || name.endsWith(':') ? name : `${name}/`),
      );
    });
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('lets no step import another step', () => {
    const stepOf = (path: string) => /^src\/steps\/([^/]+)\//.exec(path)?.[1];
    const wrong = imports.filter(({ file, target }) => {
      const [own, other] = [stepOf(file), stepOf(target)];
      return own !== undefined && other !== undefined && own !== other;
    });
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('lets core run in a browser: no Buffer', () => {
    const using = sourcesOf('src/core').filter((file) =>
      /\bBuffer\b/.test(readFileSync(file, 'utf8')),
    );
    expect(using).toEqual([]);
  });

  it('gives no folder of src the name of a folder of core', () => {
    const inCore = readdirSync('src/core');
    expect(readdirSync('src').filter((name) => inCore.includes(name))).toEqual([]);
  });

  it('has a rule for every folder', () => {
    const folders = readdirSync('src').map((name) => `src/${name}`);
    expect(folders.filter((folder) => !(folder in allowed))).toEqual([]);
  });

  it('keeps one destination from knowing another', () => {
    const wrong = imports.filter(({ file, target }) => {
      const [, own] = /^src\/destinations\/([^/]+)\//.exec(file) ?? [];
      const [, other] = /^src\/destinations\/([^/]+)\//.exec(target) ?? [];
      return own !== undefined && other !== undefined && own !== other;
    });
    expect(wrong).toEqual([]);
  });

  it('lets only src/destinations know the names of destinations', () => {
    const names = destinations.flatMap(({ kind, title, secret }) => [kind, title, secret.variable]);
    const name = new RegExp(names.join('|'), 'i');
    const comments = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;
    const knowing = ['src', 'functions', 'infra']
      .flatMap(sourcesOf)
      .filter((file) => !file.startsWith('src/destinations/'))
      .filter((file) => name.test(readFileSync(file, 'utf8').replace(comments, '')));
    expect(knowing).toEqual([]);
  });

  it('keeps the simulator from knowing the client it judges', () => {
    const wrong = imports.filter(
      ({ file, target }) =>
        file.startsWith('local/simulators/') &&
        /^src\/(destinations|service-api|http|steps|aws)/.test(target),
    );
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('no folder imports a folder that imports it', () => {
    const arrows = new Map<string, string>();
    for (const folder of ['src', 'functions', 'infra', 'local']) {
      for (const one of sourcesOf(folder).flatMap((file) => importsOf(folder, file))) {
        if (isOurs(one)) arrows.set(`${dirname(one.file)} ${dirname(one.target)}`, one.file);
      }
    }
    const mutual = [...arrows].filter(([arrow]) => {
      const [from, to] = arrow.split(' ');
      return from !== to && arrows.has(`${to} ${from}`);
    });
    expect(mutual.map(([arrow, file]) => `${arrow} (${file})`)).toEqual([]);
  });

  it('lets only core/errors decide by the name of an error', () => {
    const names = Object.keys(errorCatalogue).join('|');
    const comparison = new RegExp(`[!=]== \\(?'(?:${names})'|isTransferError\\(\\w+, `);
    const deciding = [
      'src/steps',
      'src/step-support',
      'src/outcome',
      'src/admission',
      'src/reconciler',
      'src/preflight',
    ]
      .concat([
        'src/throttling',
        'src/destinations',
        'src/service-api',
        'src/aws',
        'src/failure-notice',
      ])
      .flatMap(sourcesOf)
      .filter((file) => comparison.test(readFileSync(file, 'utf8')));
    expect(deciding).toEqual([]);
  });

  it('takes time and chance in one place only', () => {
    const taking =
      /\b(Date\.now|Math\.random|setTimeout|setInterval|AbortSignal\.timeout|new Date\(\))/;
    const given = ['src/system/system-clock.ts'];
    const takers = ['src', 'functions']
      .flatMap(sourcesOf)
      .filter((file) => !given.includes(file) && taking.test(readFileSync(file, 'utf8')));
    expect(takers).toEqual([]);
  });
});
