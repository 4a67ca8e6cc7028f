import { ServiceSized } from '../doubles/destinations/service-sized.ts';
import { ManualClock } from '../harness/clock.ts';
import { serviceDefaults } from '../harness/port-harness.ts';
import { describeDestination } from './destination-suite.ts';

const { traits } = new ServiceSized(new ManualClock(), serviceDefaults);

describeDestination(
  'service-sized, in memory',
  traits,
  async (clock, options) => new ServiceSized(clock, options),
);
