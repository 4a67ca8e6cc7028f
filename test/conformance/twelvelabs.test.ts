import { createTwelveLabs } from '#src/destinations/twelvelabs/destination.ts';
import { ManualClock } from '../harness/clock.ts';
import { describeAdapter } from './destination-suite.ts';
import { openTwelveLabs } from './twelvelabs-service.ts';

const { traits } = createTwelveLabs({
  transport: { send: () => Promise.reject(new Error('nothing is sent')) },
  apiKey: { get: async () => 'none', refresh: async () => 'none' },
  baseUrl: 'https://api.example.test/v1.3',
  clock: new ManualClock(),
  log: { info: () => {}, warn: () => {}, error: () => {} },
});

describeAdapter('TwelveLabs, at the simulator', traits, openTwelveLabs);
