import { createHmac } from 'node:crypto';
import { canary } from '#local/simulators/canaries.ts';
import type { SimulatorClock } from '#local/simulators/clock.ts';
import { hexDigits } from '#local/simulators/randomness.ts';
import type { Random } from '#src/core/ports/clock.ts';
import { storageError } from '../twelvelabs/wire/replies.ts';
import type { Reply } from './replies.ts';

/** Issues and verifies the presigned URLs of parts. A URL may be used more than once until it expires. */
export class PartAddresses {
  /** The origin of the storage. Set once it listens. */
  origin = '';
  readonly #clock: SimulatorClock;
  readonly #secret: string;

  constructor(clock: SimulatorClock, random: Random) {
    this.#clock = clock;
    this.#secret = hexDigits(random, 40);
  }

  issue(uploadId: string, part: number, lifetimeMs: number): { url: string; expiresAt: number } {
    const expiresAt = this.#clock.now() + lifetimeMs;
    const url = new URL(`/storage/${uploadId}`, this.origin);
    url.searchParams.set('partNumber', String(part));
    url.searchParams.set('Expires', String(expiresAt));
    url.searchParams.set('Signature', this.#sign(url));
    return { url: url.href, expiresAt };
  }

  /** Returns the error reply for an invalid or expired URL. */
  rejectionOf(url: URL): Reply | undefined {
    const signature = url.searchParams.get('Signature');
    if (signature !== this.#sign(url))
      return storageError(403, 'SignatureDoesNotMatch', 'The signature does not match.');
    const isExpired = this.#clock.now() >= Number(url.searchParams.get('Expires'));
    return isExpired ? expiredReply() : undefined;
  }

  #sign(url: URL): string {
    const signed = new URLSearchParams(url.searchParams);
    signed.delete('Signature');
    signed.sort();
    const hmac = createHmac('sha256', this.#secret).update(`${url.pathname}\n${signed}`);
    return (canary('signature') + hmac.digest('hex')).slice(0, 64);
  }
}

export function expiredReply(): Reply {
  return storageError(403, 'AccessDenied', 'Request has expired');
}
