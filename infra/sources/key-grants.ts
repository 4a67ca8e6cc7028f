import { Stack } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { StepFunctions } from '#infra/lambda/step-function.ts';
import { readingSteps } from '#infra/permissions/allow-reading.ts';
import { decryptsFor, keyPolicyStatement, regionOfKey } from '#infra/permissions/key-policy.ts';
import { allow } from '#infra/permissions/permissions.ts';
import { refuse } from '../refuse.ts';
import { labelOfBucket } from './bucket-identity.ts';
import { nameOfBucket } from './check-source.ts';
import type { SourceProps } from './source-props.ts';

/** A reader in another account, and the Regions of the keys that it decrypts with. */
interface DecryptingReader {
  readonly roleArn: string;
  readonly regions: string[];
}

/** Who must be let decrypt, and what the policies of the keys must say for it. */
export class KeyGrants {
  readonly #functions: StepFunctions;
  readonly #ownRegions: string[] = [];
  readonly #readers = new Map<string, DecryptingReader>();

  constructor(functions: StepFunctions) {
    this.#functions = functions;
  }

  /** The roles that read. */
  get readerPrincipalArns(): string[] {
    return readingSteps.map((step) => (this.#functions[step].role as IRole).roleArn);
  }

  /**
   * Lets the reading steps decrypt what the source's key encrypted, through S3 only.
   * @throws ConfigurationError - two keys
   */
  permitOwn(props: SourceProps): void {
    const key = this.#keyOf(props);
    if (!key) return;
    this.#ownRegions.push(key.region);
    const throughS3 = decryptsFor('s3', [key.region]);
    for (const step of readingSteps) {
      allow(this.#functions[step], [key.arn], ['kms:Decrypt'], throughS3);
    }
  }

  /** Keeps that the reader of that account decrypts; its own stack lets it. */
  noteReader(props: SourceProps, account: string, roleArn: string): void {
    const key = this.#keyOf(props);
    if (!key) return;
    const { regions } = this.#readers.get(account) ?? { regions: [] };
    this.#readers.set(account, { roleArn, regions: [...regions, key.region] });
  }

  /** The statements to add to the keys' policies, by the account of the keys; '' is the stack's own. */
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

  /** S3 takes keys of the bucket's own Region only, so the key's is the bucket's. */
  #keyOf(props: SourceProps): { readonly arn: string; readonly region: string } | undefined {
    const arn = keyArnOf(props);
    const here = props.region ?? Stack.of(this.#functions.InspectSource).region;
    return arn === undefined ? undefined : { arn, region: regionOfKey(arn, here) };
  }
}

function keyArnOf(props: SourceProps): string | undefined {
  const { bucket, encryptionKey, kmsKeyArn } = props;
  if (encryptionKey && kmsKeyArn) {
    const name = labelOfBucket(nameOfBucket(props));
    refuse(
      'Chunkferry',
      `source ${name}: encryptionKey and kmsKeyArn are both given; one is right`,
    );
  }
  const own = typeof bucket === 'string' ? undefined : bucket.encryptionKey;
  return kmsKeyArn ?? (encryptionKey ?? own)?.keyArn;
}
