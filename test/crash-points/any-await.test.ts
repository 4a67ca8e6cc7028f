import { describeAnyAwait } from './any-await.ts';

/** More points are in `any-await.deep.test.ts`. */
describeAnyAwait(6);
