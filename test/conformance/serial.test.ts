import { Serial } from '../doubles/destinations/serial.ts';
import { ManualClock } from '../harness/clock.ts';
import { serviceDefaults } from '../harness/port-harness.ts';
import { describeDestination } from './destination-suite.ts';

const { traits } = new Serial(new ManualClock(), serviceDefaults);

describeDestination(
  'serial, in memory',
  traits,
  async (clock, options) => new Serial(clock, options),
);
