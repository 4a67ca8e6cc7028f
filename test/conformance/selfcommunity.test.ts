import { createSelfCommunity } from '#src/destinations/selfcommunity/destination.ts';
import { modes } from '#src/destinations/selfcommunity/settings.ts';
import { ManualClock } from '../harness/clock.ts';
import { describeAdapter } from './destination-suite.ts';
import { openSelfCommunity } from './selfcommunity-service.ts';

const { traits } = createSelfCommunity({
  transport: { send: () => Promise.reject(new Error('nothing is sent')) },
  apiKey: { get: async () => 'none', refresh: async () => 'none' },
  settings: { baseUrl: 'https://community.example.com/api/v2', mode: 'documented' },
  clock: new ManualClock(),
  log: { info: () => {}, warn: () => {}, error: () => {} },
});

for (const mode of modes) {
  describeAdapter(`SelfCommunity, at the simulator (${mode})`, traits, openSelfCommunity(mode));
}
