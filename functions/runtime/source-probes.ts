import { createSourceProbe } from '#src/aws/s3/source-probe.ts';
import type { Probes } from '#src/core/preflight-findings.ts';
import type { Part } from './container.ts';
import { createSourceClients } from './source-clients.ts';

const sourceProbe: Part<Probes['source']> = {
  build: (container) => createSourceProbe({ clientFor: createSourceClients(container) }),
};

/** The preflight's probe for a step that reads the sources. Its clients open when a preflight calls it. */
export const sourceProbes: Part<Pick<Probes, 'source'>> = {
  build: (container) => ({ source: (...args) => container.get(sourceProbe)(...args) }),
};
