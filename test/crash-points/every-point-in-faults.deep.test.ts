import { describeEveryPoint } from './support/describe-every-point.ts';
import { serviceFaults } from './support/service-faults.ts';

describeEveryPoint(
  Object.fromEntries(
    serviceFaults.map((fault) => [`a film, with this fault: ${fault}`, { chunks: 3, fault }]),
  ),
);
