import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The environment variable with the folder of the identity. Without it, a server speaks plain HTTP. */
export const identityVariable = 'BENCH_IDENTITY';

/** The certificate and key of the servers on loopback, as PEM texts. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

const files = { ca: 'ca.pem', cert: 'server.pem', key: 'server.key' } as const;

/** Returns whether certificates can be made. */
export function hasOpenssl(): boolean {
  return spawnSync('openssl', ['version']).status === 0;
}

/** Makes a certificate of a new CA for loopback, valid for two days. The repository holds no key. */
export function makeIdentity(folder: string): void {
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const asCa = ['-x509', '-days', '2', '-subj', '/CN=Chunkferry bench CA'];
  openssl('req', ...newKey, ...asCa, '-keyout', 'ca.key', '-out', files.ca);
  openssl('req', ...newKey, '-subj', '/CN=bench', '-keyout', files.key, '-out', 'request');
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  const issuer = ['-CA', files.ca, '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
  openssl('x509', '-req', '-in', 'request', ...issuer, '-extfile', 'names', '-out', files.cert);
}

/** Returns the environment of a client that trusts the CA: of Node and of curl. */
export function trustOf(folder: string): Readonly<Record<string, string>> {
  const ca = join(folder, files.ca);
  return { NODE_EXTRA_CA_CERTS: ca, CURL_CA_BUNDLE: ca };
}

/** Returns the identity of this process's server; undefined for plain HTTP. */
export function readIdentity(): Identity | undefined {
  const folder = process.env[identityVariable];
  if (folder === undefined) return undefined;
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return { cert: read(files.cert), key: read(files.key) };
}
