import { describeEveryPoint } from './every-point.ts';

/** Every point with every crash is in `every-point.deep.test.ts`. */
describeEveryPoint('sample');
