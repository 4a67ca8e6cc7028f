import { describeAdapter } from '../conformance/destination-suite.ts';
import { traits } from './destination.ts';
import { openTus } from './service.ts';

describeAdapter('tus, at @tus/server', traits, openTus);
