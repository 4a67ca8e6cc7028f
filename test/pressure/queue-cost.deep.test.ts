import { describeQueueCost } from './describe-queue-cost.ts';

describeQueueCost([1_000, 100_000]);
