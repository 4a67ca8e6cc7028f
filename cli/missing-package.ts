import { readManifest } from './package-manifest.ts';

/**
 * Returns the line about an optional package that is not installed, with the command that installs it;
 * undefined for any other error. Only local runs and `deploy` need these packages.
 */
export function missingPackage(error: unknown): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  const [, name = ''] = /Cannot find package '([^']+)'/.exec(message) ?? [];
  const version = readManifest().optionalDependencies[name];
  if (version === undefined) return undefined;
  return `Missing package "${name}": this command needs it, and it is optional. Run npm install ${name}@${version}, then the same command again.`;
}
