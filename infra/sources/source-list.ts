import { Aws } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Reader, Source, Sources } from '#src/core/source/sources.ts';
import { refuse } from '../refuse.ts';
import { identityOfBucket, labelOfBucket } from './bucket-identity.ts';
import { describeSource, mayOverlap } from './overlap.ts';

/**
 * Lambda takes 4 KB for all variables of a function together (Lambda quotas, 2026); the others need
 * less than the rest.
 */
const maxSourcesBytes = 3_000;

/** Stands for a name that is known only after deployment: as long as a bucket's name may be. */
const unknownName = 'x'.repeat(63);

/** The configured sources, as they come in; what the functions are told of them. */
export class SourceList {
  readonly #sources: Source[] = [];
  /** By account. */
  readonly readers: Readonly<Record<string, Reader>>;
  readonly #scope: IConstruct;

  /** @param scope - whose stack gives the names that are known only after deployment */
  constructor(scope: IConstruct, readers: Readonly<Record<string, Reader>>) {
    this.#scope = scope;
    this.readers = readers;
  }

  /**
   * @throws ConfigurationError - its account has no reader; it overlaps another source or disagrees
   * with one of the same bucket on the place; all sources together are too long for Lambda
   */
  add(source: Source): void {
    this.#checkReader(source);
    for (const other of this.ofBucket(source.bucket)) checkTogether(other, source);
    this.#sources.push(source);
    this.#checkLength();
  }

  ofBucket(bucket: string): readonly Source[] {
    const identity = this.#identityOf(bucket);
    return this.#sources.filter((source) => this.#identityOf(source.bucket) === identity);
  }

  /** Undefined where there is nothing to tell. */
  told(): Sources | undefined {
    const isEmpty = this.#sources.length === 0 && Object.keys(this.readers).length === 0;
    return isEmpty ? undefined : { list: [...this.#sources], readers: this.readers };
  }

  #identityOf(bucket: string): string {
    return identityOfBucket(this.#scope, bucket);
  }

  #checkReader({ bucket, account }: Source): void {
    if (account === undefined || account in this.readers) return;
    refuse(
      'Chunkferry',
      `source ${labelOfBucket(bucket)}: account ${account} is not in sourceAccounts; list it there, or leave account out where the bucket is this stack's own account's`,
    );
  }

  #checkLength(): void {
    const text = JSON.stringify(this.told())
      .replaceAll(Aws.PARTITION, 'aws-us-gov')
      .replaceAll(/\$\{Token\[[^\]]*\]\}/g, unknownName);
    const bytes = Buffer.byteLength(text);
    if (bytes <= maxSourcesBytes) return;
    refuse(
      'Chunkferry',
      `sources take ${bytes} bytes of the functions' environment, more than ${maxSourcesBytes}; use fewer sources, prefixes or suffixes`,
    );
  }
}

function checkTogether(one: Source, other: Source): void {
  if (one.account !== other.account || one.region !== other.region) {
    refuse(
      'Chunkferry',
      `two sources of the bucket ${labelOfBucket(one.bucket)} disagree on its account or Region: ${placeOf(one)} and ${placeOf(other)}; a bucket has one of each`,
    );
  }
  if (!mayOverlap(one, other)) return;
  refuse(
    'Chunkferry',
    `the sources ${describeSource(one)} and ${describeSource(other)} overlap; an object must belong to one source only`,
  );
}

function placeOf({ account = "the stack's account", region = "the stack's Region" }: Source) {
  return `${account} in ${region}`;
}
