#!/usr/bin/env node
// JavaScript without static imports: an older Node.js could not load the modules, and would print a stack trace.

/** The oldest Node.js that runs the program, as `engines` in package.json has it. */
const needed = '22.19.0';

/** The exit code `version`. */
const wrongVersion = 9;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const [neededMajor = 0, neededMinor = 0] = needed.split('.').map(Number);

if (major < neededMajor || (major === neededMajor && minor < neededMinor)) {
  process.stderr.write(
    `Unsupported Node.js ${process.versions.node}: chunkferry needs ${needed} or later. Install a newer Node.js, then run the same command again.\n`,
  );
  process.exitCode = wrongVersion;
} else {
  const { enableCompileCache } = await import('node:module');
  // Errors in the bundle show the lines of the sources.
  if (process.env.CHUNKFERRY_DEBUG) process.setSourceMapsEnabled(true);
  // Compiling the modules takes half of the start. The cache is next to the code, where only its owner writes. With a
  // full cache, Node.js never loads its TypeScript compiler in a checkout. A folder that is read-only has no cache.
  enableCompileCache(`${import.meta.dirname}/../node_modules/.cache/compiled`);
  // In the package, the names of these modules end with .js.
  const { bundledStart } = await import('./program-bundle.ts');
  const bundle = bundledStart();
  if (bundle) await import(bundle);
  else await import('./start.ts');
}
