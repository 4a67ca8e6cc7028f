import { describeDestinationSeeds } from './describe-destination-seeds.ts';

describeDestinationSeeds(21, 180);
