import { LambdaClient } from '@aws-sdk/client-lambda';
import { createQuotaProbe } from '#src/aws/quota-probe.ts';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import type { Probes } from '#src/core/preflight-findings.ts';
import type { Part } from '../runtime/container.ts';
import { settings } from '../runtime/settings.ts';

/** The preflight's probe of the account's quotas. Its client opens when a preflight calls it. */
export const quotaProbes: Part<Pick<Probes, 'quotas'>> = {
  build: (container) => ({
    quotas: () => {
      const client = new LambdaClient(boundedCalls);
      return createQuotaProbe({ client, settings: container.get(settings) })();
    },
  }),
};
