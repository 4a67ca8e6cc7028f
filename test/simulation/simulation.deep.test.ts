import { describeSeeds } from './describe-seeds.ts';

/** The first 500 seeds are in `simulation.test.ts`. */
describeSeeds(501, 1_500);
