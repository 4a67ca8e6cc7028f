import { match } from 'node:assert/strict';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import type { Check } from '../checks.ts';
import { type Harness, outputOf, putApiKey, typeAtHome } from '../deployment.ts';

/** Every function checks its permissions with its deployed role. */
export function doctorScenario(harness: Harness): Check {
  return {
    name: 'npm run doctor reports no failed check for the deployed stack',
    run: async () =>
      match(await typeAtHome(harness, 'npm run doctor'), /\d+ checks passed, 0 failed/),
  };
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
      } finally {
        await putApiKey(harness);
      }
    },
  };
}
