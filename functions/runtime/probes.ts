import { LambdaClient } from '@aws-sdk/client-lambda';
import { createQuotaProbe } from '#src/aws/quota-probe.ts';
import { createSourceProbe } from '#src/aws/s3/source-probe.ts';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import type { Probes } from '#src/core/stack/preflight.ts';
import type { Container, Part } from './container.ts';
import { settings } from './settings.ts';
import { createSourceClients } from './source-clients.ts';

const sourceProbe: Part<Probes['source']> = {
  build: (container) => createSourceProbe({ clientFor: createSourceClients(container) }),
};

/** The preflight's probe for a step that reads the sources. Its clients open when a preflight calls it. */
export const sourceProbes: Part<Pick<Probes, 'source'>> = { build: probeSourceIn };

/** The preflight's probes for the step that also checks the quotas of the account. */
export const allProbes: Part<Probes> = {
  build: (container) => ({
    ...probeSourceIn(container),
    quotas: () => {
      const client = new LambdaClient(boundedCalls);
      return createQuotaProbe({ client, settings: container.get(settings) })();
    },
  }),
};

function probeSourceIn(container: Container): Pick<Probes, 'source'> {
  return { source: (...args) => container.get(sourceProbe)(...args) };
}
