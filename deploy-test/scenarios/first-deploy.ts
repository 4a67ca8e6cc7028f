import type { Check } from '../checks.ts';
import { filmBucket, homeContext, putApiKey, type Stage } from '../deployment.ts';
import { makeBucket } from '../films.ts';

/** Everything after it needs what it makes. */
export function firstDeployScenario(stage: Stage, context = homeContext(stage)): Check {
  return {
    name: 'cdk bootstrap and cdk deploy succeed, and the API key goes into the secret',
    show: async () => {
      await makeBucket(stage.home, filmBucket);
      await stage.cdk.bootstrap(stage.home);
      await stage.cdk.deploy(stage.home, context);
      await putApiKey(stage);
    },
  };
}
