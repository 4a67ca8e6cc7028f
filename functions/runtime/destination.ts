import { createThrottledDestination } from '#src/throttling/throttled-destination.ts';
import type { PortPart } from './container.ts';
import { limiter } from './limiter.ts';
import { unlimitedDestination } from './unlimited-destination.ts';

/** The service; all functions share the rates of its calls. */
export const destination: PortPart<'destination'> = {
  port: 'destination',
  build: (container) =>
    createThrottledDestination(container.get(unlimitedDestination), container.get(limiter)),
};
