import { Aws } from 'aws-cdk-lib';

/**
 * The role in a source account that reads its objects for Chunkferry. Both stacks must name it
 * without knowing each other, so its name is not a generated one.
 */
export const defaultReaderRoleName = 'ChunkferryReader';

/** @param account - the source account, 12 digits */
export function readerRoleArn(account: string, roleName: string = defaultReaderRoleName): string {
  return `arn:${Aws.PARTITION}:iam::${account}:role/${roleName}`;
}
