/**
 * What must be added to the policy of a KMS key so that these roles may read what it encrypts. A key in
 * another stack or account has a policy of its own, which nothing here can change.
 * @param roleArns - who reads
 */
export function keyPolicyStatement(roleArns: readonly string[]) {
  return {
    Sid: 'ChunkferryReads',
    Effect: 'Allow',
    Principal: { AWS: roleArns },
    Action: 'kms:Decrypt',
    Resource: '*',
  };
}
