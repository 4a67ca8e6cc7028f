import { describeDestinationSeeds } from './describe-destination-seeds.ts';

describeDestinationSeeds(11, 190);
