import { Token } from 'aws-cdk-lib';
import { refuse, shown } from './refuse.ts';

/** What an ARN that was given must look like, and how a message says so. */
interface ArnForm {
  readonly pattern: RegExp;
  readonly right: string;
}

const partition = 'arn:aws[a-z-]*';

const forms = {
  /** Without its six last characters Secrets Manager has to guess, and IAM does not. */
  secret: {
    pattern: new RegExp(
      `^${partition}:secretsmanager:[a-z0-9-]+:\\d{12}:secret:.+-[A-Za-z0-9]{6}$`,
    ),
    right: "the secret's whole ARN, which ends in a hyphen and six characters, is right",
  },
  kmsKey: {
    pattern: new RegExp(`^${partition}:kms:[a-z0-9-]+:\\d{12}:key/[A-Za-z0-9-]+$`),
    right: "a key's ARN, not an alias's, is right: arn:aws:kms:<region>:<account>:key/<id>",
  },
  eventBus: {
    pattern: new RegExp(`^${partition}:events:[a-z0-9-]+:\\d{12}:event-bus/[A-Za-z0-9._/-]+$`),
    right: "the BusArn that the transfers' stack puts out is right",
  },
  role: {
    pattern: new RegExp(`^${partition}:iam::\\d{12}:role/[\\w+=,.@/-]+$`),
    right: "a role's ARN is right: arn:aws:iam::<account>:role/<name>",
  },
} as const satisfies Record<string, ArnForm>;

/**
 * An ARN that is not known before deployment passes.
 * @throws ConfigurationError - it is no ARN of that form; the message names it
 */
export function checkArn(where: string, name: string, arn: string, form: keyof typeof forms): void {
  if (Token.isUnresolved(arn) || forms[form].pattern.test(arn)) return;
  refuse(where, `${name} is ${shown(arn)}; ${forms[form].right}`);
}
