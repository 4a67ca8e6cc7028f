import { describeEveryPoint } from './every-point.ts';

describeEveryPoint('all');
