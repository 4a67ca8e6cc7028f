import { createSevenBridges } from '#src/destinations/seven-bridges/destination.ts';
import { checkSettings } from '#src/destinations/seven-bridges/settings.ts';
import { ManualClock } from '../harness/clock.ts';
import { describeAdapter } from './destination-suite.ts';
import { openSevenBridges } from './seven-bridges-service.ts';

const { traits } = createSevenBridges({
  transport: { send: () => Promise.reject(new Error('nothing is sent')) },
  apiKey: { get: async () => 'none', refresh: async () => 'none' },
  settings: checkSettings({ environment: 'cavatica', project: 'ada/genomes' }),
  clock: new ManualClock(),
  log: { info: () => {}, warn: () => {}, error: () => {} },
});

describeAdapter('Seven Bridges, at the simulator', traits, openSevenBridges);
