import { describeEveryPoint } from './support/describe-every-point.ts';

describeEveryPoint({
  'a film of two ranges': { chunks: 60 },
  'a film of one range, with two pages of URLs and two reports': { chunks: 60, rangesAtOnce: 1 },
});
