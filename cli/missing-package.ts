import { readManifest } from './package-manifest.ts';

/** Only `deploy` needs this optional package. Local runs and the demo need all others. */
const deployPackage = '@aws-cdk/toolkit-lib';

/**
 * Returns the line about optional packages that are not installed, with the command that installs them; undefined for
 * any other error.
 */
export function missingPackage(error: unknown): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  const [, name = ''] = /Cannot find package '([^']+)'/.exec(message) ?? [];
  const { optionalDependencies: versions } = readManifest();
  if (versions[name] === undefined) return undefined;
  const names = name === deployPackage ? [name] : missingFor(Object.keys(versions));
  const quoted = names.map((one) => JSON.stringify(one)).join(', ');
  const install = names.map((one) => `${one}@${versions[one]}`).join(' ');
  const [noun, pronoun, are] =
    names.length === 1 ? ['package', 'it', 'it is'] : ['packages', 'them', 'they are'];
  return `Missing ${noun} ${quoted}: this command needs ${pronoun}, and ${are} optional. Run npm install ${install}, then the same command again.`;
}

/** Returns the packages of local runs that are not installed. */
function missingFor(names: readonly string[]): string[] {
  return names.filter((name) => name !== deployPackage && !isInstalled(name));
}

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}
