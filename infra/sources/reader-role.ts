import { Aws } from 'aws-cdk-lib';

/**
 * Default name of the role in a source account that reads its objects. The name is fixed, because
 * both stacks must use it and neither references the other.
 */
export const defaultReaderRoleName = 'ChunkferryReader';

/**
 * Returns the ARN of a source account's reader role.
 * @param account - 12 digits
 */
export function readerRoleArn(account: string, roleName: string = defaultReaderRoleName): string {
  return `arn:${Aws.PARTITION}:iam::${account}:role/${roleName}`;
}
