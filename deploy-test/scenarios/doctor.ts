import { match } from 'node:assert/strict';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import type { Check } from '../checks.ts';
import { outputOf, putApiKey, type Stage, typeAtHome } from '../deployment.ts';

/** Every function tries, with its deployed role, what it will need. */
export function doctorScenario(stage: Stage): Check {
  return {
    name: 'npm run doctor finds nothing missing in what was deployed',
    show: async () =>
      match(await typeAtHome(stage, 'npm run doctor'), /\d+ checks passed, 0 failed/),
  };
}

/** The one thing that a person forgets most easily. */
export function wrongKeyScenario(stage: Stage): Check {
  return {
    name: 'npm run doctor names an API key that the service does not take',
    show: async () => {
      const SecretId = await outputOf(stage.home, 'Chunkferry', 'SecretArn');
      const wrong = { SecretId, SecretString: 'not-the-key' };
      await stage.home.secrets.send(new PutSecretValueCommand(wrong));
      try {
        match(
          await typeAtHome(stage, 'npm run doctor').catch(
            ({ output }: Error & { output?: string }) => output ?? '',
          ),
          /CredentialsRejectedError/,
        );
      } finally {
        await putApiKey(stage);
      }
    },
  };
}
