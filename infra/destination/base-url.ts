import { z } from 'zod';
import { invalidAt } from '../configuration/fields.ts';
import { quoted } from '../configuration/invalid.ts';

const must = 'must be an https URL with the version path, without user, query or fragment';

/** The URL of the service. Messages never show its user or its password. */
export function baseUrl() {
  return z
    .string(must)
    .check(({ value, issues }) => {
      const url = URL.canParse(value) ? new URL(value) : undefined;
      if (url && isPlain(url) && isEncrypted(url)) return;
      const shown = quoted(url ? `${url.protocol}//${url.host}${url.pathname}` : value);
      issues.push(invalidAt([], value, must, { shown }));
    })
    .meta({ type: 'URL' });
}

function isPlain({ username, password, search, hash }: URL): boolean {
  return !username && !password && !search && !hash;
}

/** Every request carries the API key: unencrypted only to this machine, where an emulator runs. */
function isEncrypted({ protocol, hostname }: URL): boolean {
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback);
}
