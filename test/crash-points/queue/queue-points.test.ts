import { describeQueuePoints } from './queue-points.ts';

/** Every point with every crash is in `queue-points.deep.test.ts`. */
describeQueuePoints('sample');
