import { describeCallSequences } from './describe-call-sequences.ts';

describeCallSequences(40);
