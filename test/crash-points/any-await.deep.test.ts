import { describeAnyAwait } from './any-await.ts';

describeAnyAwait(60);
