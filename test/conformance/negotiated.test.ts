import { Negotiated } from '../doubles/destinations/negotiated.ts';
import { ManualClock } from '../harness/clock.ts';
import { serviceDefaults } from '../harness/port-harness.ts';
import { describeDestination } from './destination-suite.ts';

const { traits } = new Negotiated(new ManualClock(), serviceDefaults);

describeDestination(
  'negotiated, in memory',
  traits,
  async (clock, options) => new Negotiated(clock, options),
);
