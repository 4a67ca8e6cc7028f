import { Aws } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Reader, Source, Sources } from '#src/core/source/sources.ts';
import { throwConfigurationError, throwInvalid } from '../configuration/invalid.ts';
import { identityOfBucket, labelOfBucket } from './bucket-identity.ts';
import { describeSource, mayOverlap } from './overlap.ts';

/**
 * A function's environment variables may take 4 KB together (Lambda quotas, 2026); the other
 * variables need less than the difference.
 */
const maxSourcesBytes = 3_000;

/** In place of a name that is known only after deployment: the longest name of a bucket. */
const unknownName = 'x'.repeat(63);

/** The configured sources and readers, in the form that the functions read. */
export class SourceList {
  readonly #sources: Source[] = [];
  /** The reader of each source account. */
  readonly readers: Readonly<Record<string, Reader>>;
  readonly #scope: IConstruct;

  /** @param scope - in the stack that resolves the names known only after deployment */
  constructor(scope: IConstruct, readers: Readonly<Record<string, Reader>>) {
    this.#scope = scope;
    this.readers = readers;
  }

  /**
   * Adds a source.
   * @param path - the source as the user wrote it, such as `sources[1]`
   * @throws ConfigurationError - its account has no reader; it overlaps another source of the bucket
   *   or names another location; or all sources together are too long for the environment
   */
  add(source: Source, path: string): void {
    this.#assertReader(source, path);
    for (const other of this.ofBucket(source.bucket)) assertCompatible(other, source);
    this.#sources.push(source);
    this.#assertShort();
  }

  ofBucket(bucket: string): readonly Source[] {
    const identity = this.#identityOf(bucket);
    return this.#sources.filter((source) => this.#identityOf(source.bucket) === identity);
  }

  /** Returns sources and readers for the functions; undefined if there are none. */
  configured(): Sources | undefined {
    const isEmpty = this.#sources.length === 0 && Object.keys(this.readers).length === 0;
    return isEmpty ? undefined : { list: [...this.#sources], readers: this.readers };
  }

  #identityOf(bucket: string): string {
    return identityOfBucket(this.#scope, bucket);
  }

  #assertReader({ account }: Source, path: string): void {
    if (account === undefined || account in this.readers) return;
    const must =
      "must be listed in sourceAccounts. Add it there, or omit account if the bucket is in the stack's own account";
    throwInvalid(`${path}.account`, account, must);
  }

  #assertShort(): void {
    const text = JSON.stringify(this.configured())
      .replaceAll(Aws.PARTITION, 'aws-us-gov')
      .replaceAll(/\$\{Token\[[^\]]*\]\}/g, unknownName);
    const bytes = Buffer.byteLength(text);
    if (bytes <= maxSourcesBytes) return;
    throwConfigurationError(
      `Too many sources: they take ${bytes} bytes of the functions' environment, and at most ${maxSourcesBytes} fit. Use fewer sources, prefixes or suffixes`,
    );
  }
}

function assertCompatible(one: Source, other: Source): void {
  if (one.account !== other.account || one.region !== other.region) {
    throwConfigurationError(
      `Conflicting sources of bucket ${labelOfBucket(one.bucket)}: ${locationOf(one)}, and ${locationOf(other)}. Set the same account and Region in both`,
    );
  }
  if (!mayOverlap(one, other)) return;
  throwConfigurationError(
    `Overlapping sources: ${describeSource(one)} and ${describeSource(other)}. Separate them by prefixes, suffixes or sizes: an object must belong to one source only`,
  );
}

function locationOf({ account = "the stack's account", region = "the stack's Region" }: Source) {
  return `${account} in ${region}`;
}
