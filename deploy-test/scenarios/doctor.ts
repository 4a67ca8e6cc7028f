import { deepEqual, match } from 'node:assert/strict';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import type { Check } from '../checks.ts';
import { type Harness, machineArn, outputOf, putApiKey, typeAtHome } from '../deployment.ts';
import { type ExecutionEnd, endOf, startExecution } from '../executions.ts';

/** Every function checks its permissions with its deployed role. */
export function doctorScenario(harness: Harness): Check {
  return {
    name: 'npm run doctor reports no failed check for the deployed stack',
    run: async () =>
      match(await typeAtHome(harness, 'npm run doctor'), /\d+ checks passed, 0 failed/),
  };
}

/** An operator without this repository starts the preflight by the input of an execution. */
export function preflightInputScenario(harness: Harness): Check {
  return {
    name: 'the input {"preflight": true} returns the report of the preflight',
    run: async () => {
      const { status, output } = await preflightByInput(harness);
      deepEqual([status, output.status, output.failed], ['SUCCEEDED', 'preflight', 0]);
    },
  };
}

async function preflightByInput(harness: Harness): Promise<ExecutionEnd> {
  const { sfn } = harness.home;
  const arn = await startExecution(sfn, await machineArn(harness), { preflight: true });
  return endOf(sfn, arn);
}

/** A wrong API key is the most likely mistake of an operator. */
export function wrongKeyScenario(harness: Harness): Check {
  return {
    name: 'npm run doctor reports an API key that the service rejects',
    run: async () => {
      const SecretId = await outputOf(harness.home, 'Chunkferry', 'SecretArn');
      const wrong = { SecretId, SecretString: 'not-the-key' };
      await harness.home.secrets.send(new PutSecretValueCommand(wrong));
      try {
        match(
          await typeAtHome(harness, 'npm run doctor').catch(
            ({ output }: Error & { output?: string }) => output ?? '',
          ),
          /CredentialsRejectedError/,
        );
        const { status, error, cause } = await preflightByInput(harness);
        deepEqual({ status, error }, { status: 'FAILED', error: 'PreflightFailedError' });
        match(String(cause), /checks failed: .*CredentialsRejectedError.* Fix each reported check/);
      } finally {
        await putApiKey(harness);
      }
    },
  };
}
