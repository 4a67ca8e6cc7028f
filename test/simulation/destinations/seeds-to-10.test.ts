import { describeDestinationSeeds } from './describe-destination-seeds.ts';

describeDestinationSeeds(1, 10);
