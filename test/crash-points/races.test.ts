import { describeRaces } from './races.ts';

/** Every point with every race is in `races.deep.test.ts`. */
describeRaces('sample');
