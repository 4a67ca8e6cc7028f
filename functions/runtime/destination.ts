import { throttledDestination } from '#src/rates/throttled-destination.ts';
import { port } from './given.ts';
import { limiter } from './limiter.ts';
import { unlimitedDestination } from './unlimited-destination.ts';

/** The service, its calls limited by the rates that all functions share. */
export const destination = () =>
  port('destination', () => throttledDestination(unlimitedDestination(), limiter()));
