import type { IncomingMessage } from 'node:http';
import { keyBytes } from './objects.ts';
import { S3Rejection } from './replies.ts';

/**
 * The subject of a denial: every read, the encryption key, the versions, or the encryption key of
 * an object whose HEAD succeeds, as in S3 unless the HEAD requests a checksum.
 */
export type DenialReason = 'policy' | 'kms' | 'version' | 'kms-get';

interface Denial {
  readonly rejection: S3Rejection;
  /** Returns true if the denial applies to a request. */
  meets(request: IncomingMessage): boolean;
}

const actions: Readonly<Record<DenialReason, string>> = {
  policy: 's3:GetObject',
  kms: 'kms:Decrypt',
  version: 's3:GetObjectVersion',
  'kms-get': 'kms:Decrypt',
};

/** The keys that a role may not read. */
export class Denials {
  readonly #byKey = new Map<string, Denial>();

  deny(bucket: string, key: string, reason: DenialReason, role: string): void {
    const meets = ({ method, url }: IncomingMessage) =>
      reason === 'version'
        ? url?.includes('versionId=') === true
        : reason !== 'kms-get' || method === 'GET';
    const rejection = denied(actions[reason], role);
    this.#byKey.set(`${bucket}/${keyBytes(key)}`, { rejection, meets });
  }

  allow(bucket: string, key: string): void {
    this.#byKey.delete(`${bucket}/${keyBytes(key)}`);
  }

  /** @param key - as latin1 bytes */
  check(bucket: string, key: string, request: IncomingMessage): void {
    const denial = this.#byKey.get(`${bucket}/${key}`);
    if (denial?.meets(request)) throw denial.rejection;
  }
}

export function denied(action: string, role: string): S3Rejection {
  const who = `User: arn:aws:sts::111122223333:assumed-role/${role}/one`;
  return new S3Rejection(403, 'AccessDenied', `${who} is not authorized to perform: ${action}`);
}

/** The largest difference between a request's time and S3's, in ms. */
const maxSkewMs = 15 * 60_000;

/** @throws S3Rejection - the request's time differs from `now` by more than S3 allows */
export function assertClock({ headers }: IncomingMessage, now: number): void {
  const stamp = headers['x-amz-date'];
  if (stamp === undefined) return;
  const iso = String(stamp).replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z');
  if (Math.abs(Date.parse(iso) - now) <= maxSkewMs) return;
  const message = 'The difference between the request time and the current time is too large.';
  throw new S3Rejection(403, 'RequestTimeTooSkewed', message);
}
