import { Stack } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { StepFunctions } from '#infra/lambda/step-function.ts';
import type { ReadingSteps } from '#infra/permissions/allow-reading.ts';
import { decryptsFor, keyPolicyStatement, regionOfKey } from '#infra/permissions/key-policy.ts';
import { allow } from '#infra/permissions/permissions.ts';
import type { SourceProps } from './source-props.ts';

/** A reader in another account, and the Regions of the keys that it decrypts with. */
interface DecryptingReader {
  readonly roleArn: string;
  readonly regions: string[];
}

/** Decrypt permissions of the reading roles, and the statements that the keys' policies need. */
export class KeyGrants {
  readonly #functions: StepFunctions;
  readonly #readingSteps: ReadingSteps;
  readonly #ownRegions: string[] = [];
  readonly #readers = new Map<string, DecryptingReader>();

  constructor(functions: StepFunctions, readingSteps: ReadingSteps) {
    this.#functions = functions;
    this.#readingSteps = readingSteps;
  }

  /** ARNs of the roles that read objects. */
  get readerPrincipalArns(): string[] {
    return this.#readingSteps.map((step) => (this.#functions[step].role as IRole).roleArn);
  }

  /** Allows the reading steps to decrypt with the source's key, through S3 only. */
  allowReadingSteps(props: SourceProps): void {
    const key = this.#keyOf(props);
    if (!key) return;
    this.#ownRegions.push(key.region);
    const throughS3 = decryptsFor('s3', [key.region]);
    for (const step of this.#readingSteps) {
      allow(this.#functions[step], [key.arn], ['kms:Decrypt'], throughS3);
    }
  }

  /** Records that the account's reader decrypts; its own stack allows it. */
  addReader(props: SourceProps, account: string, roleArn: string): void {
    const key = this.#keyOf(props);
    if (!key) return;
    const { regions } = this.#readers.get(account) ?? { regions: [] };
    this.#readers.set(account, { roleArn, regions: [...regions, key.region] });
  }

  /** Returns the statements for the keys' policies, by the keys' account; '' is the stack's own. */
  statements(): ReadonlyMap<string, object> {
    const own: [string, object][] =
      this.#ownRegions.length > 0
        ? [['', keyPolicyStatement(this.readerPrincipalArns, 's3', this.#ownRegions)]]
        : [];
    const others = [...this.#readers].map(([account, { roleArn, regions }]): [string, object] => [
      account,
      keyPolicyStatement([roleArn], 's3', regions),
    ]);
    return new Map([...own, ...others]);
  }

  /** S3 accepts keys of the bucket's Region only, so the key's Region is the bucket's. */
  #keyOf(props: SourceProps): { readonly arn: string; readonly region: string } | undefined {
    const arn = keyArnOf(props);
    const here = props.region ?? Stack.of(this.#functions.InspectSource).region;
    return arn === undefined ? undefined : { arn, region: regionOfKey(arn, here) };
  }
}

function keyArnOf({ bucket, encryptionKey, kmsKeyArn }: SourceProps): string | undefined {
  const own = typeof bucket === 'string' ? undefined : bucket.encryptionKey;
  return kmsKeyArn ?? (encryptionKey ?? own)?.keyArn;
}
