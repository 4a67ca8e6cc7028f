import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { describeSdkFailure, sdkFailure } from '#src/aws/sdk-failure.ts';
import { type Finding, failedCheck, passedCheck, skippedCheck } from '#src/core/stack/preflight.ts';

const check = 'secret: it has a value';

/** Looks whether the API key was put into its secret, without reading it. Never rejects. */
export async function checkSecret(secretArn: string, region?: string): Promise<Finding> {
  const client = new SecretsManagerClient({ ...boundedCalls, ...(region && { region }) });
  try {
    const command = new DescribeSecretCommand({ SecretId: secretArn });
    const { DeletedDate, VersionIdsToStages = {} } = await client.send(command);
    if (DeletedDate) return deleted(secretArn);
    const isFilled = Object.values(VersionIdsToStages).some((one) => one.includes('AWSCURRENT'));
    return isFilled ? passedCheck(check) : empty(secretArn);
  } catch (error) {
    const failure = sdkFailure(error);
    const said = describeSdkFailure(failure);
    if (failure.name === 'ResourceNotFoundException') {
      const nextStep = 'Create it, or name an existing one as apiKeySecretArn, and deploy.';
      return failedCheck(check, `there is no secret ${secretArn}: ${said}`, nextStep);
    }
    const nextStep = 'Allow secretsmanager:DescribeSecret to your own credentials.';
    return skippedCheck(check, `it could not be looked at: ${said}`, nextStep);
  }
}

function empty(secretArn: string): Finding {
  const nextStep = `aws secretsmanager put-secret-value --secret-id ${secretArn} --secret-string "$TWELVE_LABS_API_KEY"`;
  return failedCheck(check, `the secret ${secretArn} has no value yet`, nextStep);
}

function deleted(secretArn: string): Finding {
  const nextStep = `aws secretsmanager restore-secret --secret-id ${secretArn}`;
  return failedCheck(check, `the secret ${secretArn} is to be deleted`, nextStep);
}
