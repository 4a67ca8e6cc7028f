// `npm ci` and `npm install` run this file, also with an old Node.js or without the development packages, and must not
// fail here: it is JavaScript without static imports. Without a bundle, the program runs its sources.
try {
  const { bundleProgram } = await import('./bundle-program.ts');
  await bundleProgram();
} catch (error) {
  const reason = String(error).split('\n').slice(0, 2).join(' ');
  process.stderr.write(`The program was not bundled, and starts slower: ${reason}\n`);
}
