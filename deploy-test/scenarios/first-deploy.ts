import type { Check } from '../checks.ts';
import { filmBucket, type Harness, putApiKey, typeAtHome } from '../deployment.ts';
import { makeBucket } from '../films.ts';

/** Runs the pages' lines in order. All later scenarios need the deployed stack. */
export function firstDeployScenario(harness: Harness): Check {
  return {
    name: "the pages' lines bootstrap, deploy, put the API key into the secret and enable the bucket's events",
    run: async () => {
      await makeBucket(harness.home, filmBucket);
      await typeAtHome(harness, 'npx cdk bootstrap');
      await typeAtHome(harness, 'npx cdk deploy -c sourceBuckets=…');
      await putApiKey(harness);
      await typeAtHome(
        harness,
        'aws s3api put-bucket-notification-configuration --bucket my-videos …',
      );
    },
  };
}
