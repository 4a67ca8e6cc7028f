import { describeQueueCost } from './describe-queue-cost.ts';

/** A queue of 100,000, and the reads of a real table, are in `queue-cost.deep.test.ts`. */
describeQueueCost([1_000, 10_000]);
