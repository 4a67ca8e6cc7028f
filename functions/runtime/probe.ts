import { LambdaClient } from '@aws-sdk/client-lambda';
import { createQuotaProbe } from '#src/aws/quota-probe.ts';
import { createSourceProbe } from '#src/aws/s3/source-probe.ts';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import type { Probes } from '#src/core/stack/preflight.ts';
import { settings } from './settings.ts';
import { sourceClients } from './source-clients.ts';

/** For a step that reads the sources; made when a preflight asks, which few calls do. */
export const sourceProbe = (): Pick<Probes, 'source'> => {
  let probe: Probes['source'] | undefined;
  return {
    source: (...given) => {
      probe ??= createSourceProbe({ clientFor: sourceClients() });
      return probe(...given);
    },
  };
};

/** For the step that looks at the account's quotas besides. */
export const probes = (): Probes => ({
  ...sourceProbe(),
  quotas: () =>
    createQuotaProbe({ client: new LambdaClient(boundedCalls), settings: settings() })(),
});
