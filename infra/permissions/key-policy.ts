import { Arn, ArnFormat, Aws, Token } from 'aws-cdk-lib';

/** A service of AWS that decrypts for its callers. */
type DecryptingService = 's3' | 'secretsmanager';

/**
 * The condition that a key is used through one service only, never called directly.
 * @param regions - where the service is called: those of the keys, which are its own
 */
export function decryptsFor(service: DecryptingService, regions: readonly string[]) {
  const services = [...new Set(regions)].map((region) => `${service}.${region}.${Aws.URL_SUFFIX}`);
  return { StringEquals: { 'kms:ViaService': services.length === 1 ? services[0] : services } };
}

/**
 * The Region in a key's ARN.
 * @param otherwise - of one that is known only after deployment
 */
export function regionOfKey(keyArn: string, otherwise: string): string {
  if (Token.isUnresolved(keyArn)) return otherwise;
  return Arn.split(keyArn, ArnFormat.SLASH_RESOURCE_NAME).region ?? otherwise;
}

/**
 * What must be added to the policy of a KMS key so that these roles may read what it encrypts. A key in
 * another stack or account has a policy of its own, which nothing here can change.
 * @param roleArns - who reads
 * @param service - through what
 * @param regions - of the keys
 */
export function keyPolicyStatement(
  roleArns: readonly string[],
  service: DecryptingService,
  regions: readonly string[],
) {
  return {
    Sid: 'ChunkferryReads',
    Effect: 'Allow',
    Principal: { AWS: roleArns },
    Action: 'kms:Decrypt',
    Resource: '*',
    Condition: decryptsFor(service, regions),
  };
}
