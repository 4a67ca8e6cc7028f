import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { StepFunctions } from '../constructs/step-task.ts';
import { keyPolicyStatement } from '../key-policy.ts';
import { allow } from '../permissions.ts';
import { refuse } from '../refuse.ts';
import { nameOfBucket } from './check-source.ts';
import { readingSteps } from './permit-reading.ts';
import type { SourceProps } from './source-props.ts';

/** Who must be let decrypt, and what the policies of the keys must say for it. */
export class KeyGrants {
  readonly #functions: StepFunctions;
  #needsOwn = false;
  readonly #readers = new Map<string, string>();

  constructor(functions: StepFunctions) {
    this.#functions = functions;
  }

  /** The roles that read. */
  get readerPrincipalArns(): string[] {
    return readingSteps.map((step) => (this.#functions[step].role as IRole).roleArn);
  }

  /**
   * Lets the reading steps decrypt what the source's key encrypted.
   * @throws ConfigurationError - two keys
   */
  permitOwn(props: SourceProps): void {
    const key = keyOf(props);
    if (!key) return;
    this.#needsOwn = true;
    for (const step of readingSteps) {
      if (typeof key === 'string') allow(this.#functions[step], [key], ['kms:Decrypt']);
      else key.grantDecrypt(this.#functions[step]);
    }
  }

  /** Keeps that the reader of that account decrypts; its own stack lets it. */
  noteReader(props: SourceProps, account: string, roleArn: string): void {
    if (keyOf(props)) this.#readers.set(account, roleArn);
  }

  /** The statements to add to the keys' policies, by the account of the keys; '' is the stack's own. */
  statements(): ReadonlyMap<string, object> {
    const own: [string, object][] = this.#needsOwn
      ? [['', keyPolicyStatement(this.readerPrincipalArns)]]
      : [];
    const others = [...this.#readers].map(
      ([account, roleArn]) => [account, keyPolicyStatement([roleArn])] as [string, object],
    );
    return new Map([...own, ...others]);
  }
}

function keyOf(props: SourceProps) {
  const { bucket, encryptionKey, kmsKeyArn } = props;
  if (encryptionKey && kmsKeyArn) {
    const name = nameOfBucket(props);
    refuse(
      'Chunkferry',
      `source ${name}: encryptionKey and kmsKeyArn are both given; one is right`,
    );
  }
  const own = typeof bucket === 'string' ? undefined : bucket.encryptionKey;
  return kmsKeyArn ?? encryptionKey ?? own;
}
