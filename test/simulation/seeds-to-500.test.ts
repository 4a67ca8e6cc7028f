import { describeSeeds } from './describe-seeds.ts';

/** Further seeds are in `seeds-to-2000.deep.test.ts`. */
describeSeeds(251, 250);
