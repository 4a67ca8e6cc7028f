import type { Check } from '../checks.ts';
import { filmBucket, putApiKey, type Stage, typeAtHome } from '../deployment.ts';
import { makeBucket } from '../films.ts';

/** The README's lines in their order. Everything after it needs what it makes. */
export function firstDeployScenario(stage: Stage): Check {
  return {
    name: "the README's lines bootstrap, deploy, put the API key into the secret and switch the bucket's events on",
    show: async () => {
      await makeBucket(stage.home, filmBucket);
      await typeAtHome(stage, 'npx cdk bootstrap');
      await typeAtHome(stage, 'npx cdk deploy -c sourceBuckets=…');
      await putApiKey(stage);
      await typeAtHome(
        stage,
        'aws s3api put-bucket-notification-configuration --bucket my-videos …',
      );
    },
  };
}
