import { describeQueuePoints } from './queue-points.ts';

describeQueuePoints('all');
