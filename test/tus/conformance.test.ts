import { describeRequests } from '../conformance/destination-suite.ts';
import { traits } from './destination.ts';
import { openTus } from './service.ts';

// `conformance.deep.test.ts` runs whole transfers too: the server writes files, which takes time.
describeRequests('tus, at @tus/server', traits, openTus);
