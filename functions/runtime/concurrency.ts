import { createConcurrencyRegistry } from '#src/core/rates/adaptive-concurrency.ts';
import { clock } from './clock.ts';
import { port } from './given.ts';
import { settings } from './settings.ts';

/** One control for each transfer, kept between the calls of a sandbox. */
export const concurrency = () =>
  port('concurrency', () => {
    const { chunksInFlight, mapConcurrency } = settings();
    return createConcurrencyRegistry(clock(), chunksInFlight * mapConcurrency);
  });
