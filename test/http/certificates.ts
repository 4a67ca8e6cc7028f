import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A server's certificate and key, and the CA certificate that issued it, as PEM texts. */
export interface TestIdentity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const names = ['api', 'upload', 's3', 'dynamodb', 'sts']
  .map((name) => `DNS:${name}.test`)
  .concat('DNS:localhost', 'IP:127.0.0.1')
  .join(',');

/** Creates an identity with the `openssl` command, as the repository must not hold a private key. It is valid for a few names below `.test` and for loopback. */
export function makeIdentity(): TestIdentity {
  const folder = mkdtempSync(join(tmpdir(), 'chunkferry-tls-'));
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  try {
    const asCa = ['-x509', '-days', '2', '-subj', '/CN=Chunkferry test CA'];
    openssl('req', ...newKey, ...asCa, '-keyout', 'ca.key', '-out', 'ca.pem');
    openssl('req', ...newKey, '-subj', '/CN=test', '-keyout', 'server.key', '-out', 'request');
    writeFileSync(join(folder, 'names'), `subjectAltName=${names}`);
    const issuer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
    openssl('x509', '-req', '-in', 'request', ...issuer, '-extfile', 'names', '-out', 'server.pem');
    return { ca: read('ca.pem'), cert: read('server.pem'), key: read('server.key') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
