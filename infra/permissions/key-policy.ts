import { Arn, ArnFormat, Aws, Token } from 'aws-cdk-lib';

/** An AWS service that decrypts for its callers. */
type DecryptingService = 's3' | 'secretsmanager';

/**
 * Returns the condition that limits a key to calls through one service.
 * @param regions - Regions of the keys, where the service calls KMS
 */
export function decryptsFor(service: DecryptingService, regions: readonly string[]) {
  const services = [...new Set(regions)].map((region) => `${service}.${region}.${Aws.URL_SUFFIX}`);
  return { StringEquals: { 'kms:ViaService': services.length === 1 ? services[0] : services } };
}

/**
 * Returns the Region in a key's ARN.
 * @param otherwise - the result for an ARN that is known only after deployment
 */
export function regionOfKey(keyArn: string, otherwise: string): string {
  if (Token.isUnresolved(keyArn)) return otherwise;
  return Arn.split(keyArn, ArnFormat.SLASH_RESOURCE_NAME).region ?? otherwise;
}

/**
 * Returns the statement that allows these roles to decrypt, for the policies of KMS keys. The keys'
 * owner must add it: a key of another stack or account has a policy that this stack cannot change.
 * @param roleArns - the roles that read
 * @param service - the service that decrypts for them
 * @param regions - Regions of the keys
 * @param actions - what the roles do with the keys
 */
export function keyPolicyStatement(
  roleArns: readonly string[],
  service: DecryptingService,
  regions: readonly string[],
  actions: string | readonly string[] = 'kms:Decrypt',
) {
  return {
    Sid: 'ChunkferryReads',
    Effect: 'Allow',
    Principal: { AWS: roleArns },
    Action: actions,
    Resource: '*',
    Condition: decryptsFor(service, regions),
  };
}
