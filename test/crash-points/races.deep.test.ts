import { describeRaces } from './races.ts';

describeRaces('all');
