import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import {
  type BundleDescription,
  bundleFolder,
  descriptionFile,
  type FileStamp,
  root,
  stampOf,
} from '#cli/program-bundle.ts';
import { requireBanner } from '#infra/lambda/require-banner.ts';

/** The modules that are started as programs. Each is in the bundle by this name. */
const entryPoints = {
  start: 'cli/start.ts',
  'local-run-main': 'cli/local-run/local-run-main.ts',
};

/**
 * Packages that stay outside: they load files next to their own, or contain compiled code. The SDK imports `aws-crt`
 * only if a user has installed it.
 */
const external = [
  '@20minutes/s3rver',
  '@aws-cdk/*',
  'aws-cdk-lib',
  'aws-crt',
  'classic-level',
  'constructs',
  'dynalite',
  'esbuild',
];

/** Files that decide which module an import names. The bundler reads them, and does not list them. */
const resolutionFiles = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'node_modules/.package-lock.json',
];

/**
 * Gives each module its own URL as `sourceUrl`, by which the build replaces `import.meta.url`: the data files of a
 * module are next to its source. The other fields of `import.meta` are those of the bundle, in which programs find
 * each other.
 */
const sourceUrls: Plugin = {
  name: 'source-urls',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.[cm]?[jt]s$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!text.includes('import.meta.url')) return undefined;
      const url = JSON.stringify(pathToFileURL(path).href);
      // On the first line, so that the numbers of the lines stay.
      const contents = `const sourceUrl = ${url}; ${text}`;
      return { contents, loader: path.endsWith('ts') ? 'ts' : 'js' };
    }),
};

const options: BuildOptions = {
  absWorkingDir: root,
  entryPoints,
  external,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  outExtension: { '.js': '.mjs' },
  // Errors and the SDK use the names of classes.
  keepNames: true,
  sourcemap: true,
  sourcesContent: false,
  metafile: true,
  logLevel: 'silent',
  plugins: [sourceUrls],
  define: { 'import.meta.url': 'sourceUrl' },
  banner: requireBanner,
};

/**
 * Bundles the program of this checkout, and describes the bundle. Each bundle has a folder of its own, and is in use
 * once the description names it: two builds at once do not mix.
 * @param folder - below the root
 * @param now - the time in ms since 1970
 * @throws Error - the build failed, or a source changed meanwhile. The program then runs its sources
 */
export async function bundleProgram(folder: string = bundleFolder, now = Date.now): Promise<void> {
  const startedAt = now();
  const output = `build-${randomUUID()}`;
  mkdirSync(join(root, folder, output), { recursive: true });
  const { metafile } = await build({ ...options, outdir: folder + output });
  const { inputs = {}, outputs = {} } = metafile ?? {};
  const read = [...Object.keys(inputs), ...resolutionFiles].map((file) => stampOf(file));
  assertOlder(read, startedAt);
  const written = Object.keys(outputs).filter((file) => file.endsWith('.mjs'));
  const files = [...read, ...written.map((file) => stampOf(file))];
  writeDescription({ root, start: `${folder}${output}/start.mjs`, files }, folder, output);
  removeOthers(folder, output);
}

/** A file that changed during the build may be in the bundle as it was before. */
function assertOlder(files: readonly FileStamp[], startedAt: number): void {
  const changed = files.find(([, , changedAt]) => changedAt >= startedAt);
  if (changed)
    throw new Error(
      `Changed file "${changed[0]}": must not change during the build. Run npm run prepare.`,
    );
}

/** Puts the bundle to use. */
function writeDescription(bundle: BundleDescription, folder: string, output: string): void {
  const written = join(root, folder, output, descriptionFile);
  writeFileSync(written, JSON.stringify(bundle));
  renameSync(written, join(root, folder, descriptionFile));
}

/** Removes earlier bundles. A program that runs from one of them may fail, as it may during any `npm ci`. */
function removeOthers(folder: string, output: string): void {
  for (const name of readdirSync(root + folder))
    if (name !== output && name !== descriptionFile)
      rmSync(join(root, folder, name), { recursive: true, force: true });
}
