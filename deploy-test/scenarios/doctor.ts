import { match } from 'node:assert/strict';
import { join } from 'node:path';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import type { Check } from '../checks.ts';
import { outputOf, putApiKey, type Stage } from '../deployment.ts';
import { bareEnvironment } from '../places.ts';

const limitMs = 120_000;

/** Every function tries, with its deployed role, what it will need. */
export function doctorScenario(stage: Stage): Check {
  return {
    name: 'npm run doctor finds nothing missing in what was deployed',
    show: async () => match(await doctor(stage), /\d+ checks passed, 0 failed/),
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
          await doctor(stage).catch(({ output }: Error & { output?: string }) => output ?? ''),
          /CredentialsRejectedError/,
        );
      } finally {
        await putApiKey(stage);
      }
    },
  };
}

/** @throws Error - it ended with another code than 0; `output` is what it wrote */
function doctor({ processes, places, home }: Stage): Promise<string> {
  const script = join(places.root, 'local', 'commands', 'doctor.ts');
  const env = { ...bareEnvironment(places), ...home.environment };
  const node = join(places.root, 'node_modules', '.bin', 'node');
  return processes.run(node, [script], { cwd: places.root, env }, limitMs);
}
