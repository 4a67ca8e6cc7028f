import { inspectSource } from '#src/steps/inspect-source/inspect-source.ts';
import { doorway } from '../runtime/doorway.ts';
import { inspectedDestination, inspectedSource } from '../runtime/inspected-parts.ts';
import { probes } from '../runtime/probe.ts';
import { settings } from '../runtime/settings.ts';

export const handler = doorway('InspectSource', inspectSource, () => ({
  source: inspectedSource(),
  destination: inspectedDestination(),
  settings: settings(),
  probes: probes(),
}));
