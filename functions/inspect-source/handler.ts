import { inspectSource } from '#src/steps/inspect-source.ts';
import { destination } from '../runtime/destination.ts';
import { doorway } from '../runtime/doorway.ts';
import { probes } from '../runtime/probe.ts';
import { settings } from '../runtime/settings.ts';
import { source } from '../runtime/source.ts';

export const handler = doorway('InspectSource', inspectSource, () => ({
  source: source(),
  destination: destination(),
  settings: settings(),
  probes: probes(),
}));
