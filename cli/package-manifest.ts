import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** The fields of this package's package.json that the program reads. */
interface Manifest {
  readonly version: string;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

/** Reads the package.json of this package, in a checkout and where it is installed. */
export function readManifest(): Manifest {
  return JSON.parse(readFileSync(findPackageJSON(import.meta.url) ?? '', 'utf8'));
}
