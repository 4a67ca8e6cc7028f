import { createHmac } from 'node:crypto';
import { canary } from '#local/simulators/canaries.ts';
import type { SimulatorClock } from '#local/simulators/clock.ts';
import { hexDigits } from '#local/simulators/randomness.ts';
import type { Random } from '#src/core/ports/clock.ts';
import type { TwelveLabsSwitches } from '../settings/switches.ts';
import { type Reply, storageError, timestamp } from '../wire/replies.ts';
import type { Session } from './session-store.ts';

/** A URL for one PUT of one chunk. */
export interface PresignedUrl {
  readonly chunkIndex: number;
  readonly url: string;
  readonly expiresAt: number;
}

const expired = 'Request has expired';

/** Twenty characters, like the access key ids of temporary credentials. */
const accessKeyId = `ASIA${canary('credential').toUpperCase()}F0`;

function compactDate(ms: number): string {
  return timestamp(ms).replace(/[-:]/g, '');
}

function parseCompactDate(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5'));
}

/**
 * Issues and verifies presigned URLs in S3's format (AWS4-HMAC-SHA256 in the query). Each URL has its
 * own token: two URLs issued in one second for one chunk differ. Each secret part has a canary.
 */
export class UrlIssuer {
  /** Origin of the upload host. Set once the host listens. */
  origin = '';
  readonly #clock: SimulatorClock;
  readonly #switches: TwelveLabsSwitches;
  readonly #random: Random;
  readonly #secret: string;
  readonly #uses = new Map<string, number>();
  readonly #stored = new Set<string>();

  constructor(clock: SimulatorClock, switches: TwelveLabsSwitches, random: Random) {
    this.#clock = clock;
    this.#switches = switches;
    this.#random = random;
    this.#secret = hexDigits(random, 40);
  }

  issueUrl(session: Session, chunkIndex: number): PresignedUrl {
    const lifetimeSeconds = Math.floor(this.#switches.urlLifetimeMs / 1000);
    const signedAt = Math.floor(this.#clock.now() / 1000) * 1000;
    const date = compactDate(signedAt);
    const token = hexDigits(this.#random, 32);
    const folder = `${session.asset.assetId}/${canary('pathNonce')}${token.slice(0, 10)}`;
    const url = new URL(`/uploads/${folder}/original`, this.origin);
    const query = new URLSearchParams({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD',
      'X-Amz-Credential': `${accessKeyId}/${date.slice(0, 8)}/us-east-1/s3/aws4_request`,
      'X-Amz-Date': date,
      'X-Amz-Expires': String(lifetimeSeconds),
      'X-Amz-Security-Token': canary('securityToken') + token,
      'X-Amz-SignedHeaders': 'host',
      partNumber: String(chunkIndex),
      uploadId: session.uploadId,
      'x-id': 'UploadPart',
    });
    query.set('X-Amz-Signature', this.#sign(url.pathname, query));
    url.search = String(query);
    return { chunkIndex, url: url.href, expiresAt: signedAt + lifetimeSeconds * 1000 };
  }

  /** Counts a PUT on this URL and returns the count, from 1. */
  countUse(url: URL): number {
    const uses = (this.#uses.get(this.#token(url)) ?? 0) + 1;
    this.#uses.set(this.#token(url), uses);
    return uses;
  }

  /** Records that the bytes of a PUT on this URL were stored. */
  recordStored(url: URL): void {
    this.#stored.add(this.#token(url));
  }

  /** Returns the error reply for an invalid, expired or used URL; undefined for a valid URL. `use` counts from 1. */
  rejectionOf(url: URL, use: number): Reply | undefined {
    if (url.searchParams.get('X-Amz-Signature') !== this.#sign(url.pathname, url.searchParams)) {
      return storageError(403, 'SignatureDoesNotMatch', 'The signature does not match.');
    }
    if (this.#clock.now() >= this.#expiry(url)) return this.expiredReply(url);
    const { singleUse } = this.#switches;
    const isUsed =
      (singleUse === 'by-attempt' && use > 1) ||
      (singleUse === 'by-success' && this.#stored.has(this.#token(url)));
    return isUsed ? this.usedReply() : undefined;
  }

  expiredReply(url: URL): Reply {
    return storageError(403, 'AccessDenied', expired, {
      'X-Amz-Expires': url.searchParams.get('X-Amz-Expires') ?? '',
      Expires: timestamp(Math.min(this.#expiry(url), this.#clock.now())),
      ServerTime: timestamp(this.#clock.now()),
    });
  }

  usedReply(): Reply {
    return storageError(403, 'AccessDenied', 'This presigned URL has already been used');
  }

  #expiry(url: URL): number {
    const seconds = Number(url.searchParams.get('X-Amz-Expires'));
    return parseCompactDate(url.searchParams.get('X-Amz-Date') ?? '') + seconds * 1000;
  }

  #token(url: URL): string {
    return url.searchParams.get('X-Amz-Security-Token') ?? '';
  }

  #sign(path: string, query: URLSearchParams): string {
    const signed = new URLSearchParams(query);
    signed.delete('X-Amz-Signature');
    signed.sort();
    const hmac = createHmac('sha256', this.#secret).update(`${path}\n${signed}`);
    return (canary('signature') + hmac.digest('hex')).slice(0, 64);
  }
}
