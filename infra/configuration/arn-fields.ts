import { deployTimeText } from './fields.ts';

/** ARNs of existing resources; an ARN that is known only after deployment passes. */

const partition = 'arn:aws[a-z-]*';

/** Without its last six characters Secrets Manager has to guess the secret, and IAM does not guess. */
export const secretArn = () =>
  deployTimeText(
    new RegExp(`^${partition}:secretsmanager:[a-z0-9-]+:\\d{12}:secret:.+-[A-Za-z0-9]{6}$`),
    "must be the secret's complete ARN, which ends in a hyphen and six characters",
  );

export const kmsKeyArn = () =>
  deployTimeText(
    new RegExp(`^${partition}:kms:[a-z0-9-]+:\\d{12}:key/[A-Za-z0-9-]+$`),
    "must be a key's ARN, not an alias's: arn:aws:kms:<region>:<account>:key/<id>",
  );

export const eventBusArn = () =>
  deployTimeText(
    new RegExp(`^${partition}:events:[a-z0-9-]+:\\d{12}:event-bus/[A-Za-z0-9._/-]+$`),
    "must be the output BusArn of the transfers' stack",
  );

export const roleArn = () =>
  deployTimeText(
    new RegExp(`^${partition}:iam::\\d{12}:role/[\\w+=,.@/-]+$`),
    "must be a role's ARN: arn:aws:iam::<account>:role/<name>",
  );
