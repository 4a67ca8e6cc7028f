import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describeSdkFailure, sdkFailure } from '#src/aws/sdk-failure.ts';
import {
  type Finding,
  failedCheck,
  passedCheck,
  skippedCheck,
} from '#src/core/preflight-findings.ts';
import type { SecretForm } from '#src/service-api/definition.ts';
import type { CheckedStack, OperatorClients } from './checked-stack.ts';

const check = 'secret: it has a value';

/** Checks that the secret of a stack has a value, without reading it. Never rejects. */
export async function checkSecret(
  { secretArn, definition }: Pick<CheckedStack, 'secretArn' | 'definition'>,
  clients: OperatorClients,
): Promise<Finding> {
  const client = new SecretsManagerClient(clients);
  try {
    const command = new DescribeSecretCommand({ SecretId: secretArn });
    const { DeletedDate, VersionIdsToStages = {} } = await client.send(command);
    if (DeletedDate) return deleted(secretArn);
    const isFilled = Object.values(VersionIdsToStages).some((one) => one.includes('AWSCURRENT'));
    return isFilled ? passedCheck(check) : empty(secretArn, definition.secret);
  } catch (error) {
    const failure = sdkFailure(error);
    const reason = describeSdkFailure(failure);
    if (failure.name === 'ResourceNotFoundException') {
      const nextStep = 'Create it, or name an existing secret as apiKeySecretArn, then deploy.';
      return failedCheck(check, `the secret ${secretArn} does not exist: ${reason}`, nextStep);
    }
    const nextStep = 'Allow secretsmanager:DescribeSecret for your own credentials.';
    return skippedCheck(check, `the secret could not be checked: ${reason}`, nextStep);
  }
}

function empty(secretArn: string, { variable }: SecretForm): Finding {
  const nextStep = `aws secretsmanager put-secret-value --secret-id ${secretArn} --secret-string "$${variable}"`;
  return failedCheck(check, `the secret ${secretArn} has no value yet`, nextStep);
}

function deleted(secretArn: string): Finding {
  const nextStep = `aws secretsmanager restore-secret --secret-id ${secretArn}`;
  return failedCheck(check, `the secret ${secretArn} is scheduled for deletion`, nextStep);
}
