import type { Destination } from '#src/core/transfer/destination.ts';
import { createSelfCommunity } from '#src/destinations/selfcommunity/destination.ts';
import { createSevenBridges } from '#src/destinations/seven-bridges/destination.ts';
import { checkSettings } from '#src/destinations/seven-bridges/settings.ts';
import { createTwelveLabs } from '#src/destinations/twelvelabs/destination.ts';
import { ManualClock } from '../harness/clock.ts';

/** What each adapter needs. Nothing is called: a suite reads the traits before its service runs. */
const parts = {
  transport: { send: () => Promise.reject(new Error('nothing is sent')) },
  apiKey: { get: async () => 'none', refresh: async () => 'none' },
  clock: new ManualClock(),
  log: { info: () => {}, warn: () => {}, error: () => {} },
};

const traitsOf = ({ traits }: Destination) => traits;

export const selfCommunityTraits = traitsOf(
  createSelfCommunity({
    ...parts,
    settings: { baseUrl: 'https://community.example.com/api/v2', mode: 'documented' },
  }),
);

export const sevenBridgesTraits = traitsOf(
  createSevenBridges({
    ...parts,
    settings: checkSettings({ environment: 'cavatica', project: 'ada/genomes' }),
  }),
);

export const twelveLabsTraits = traitsOf(
  createTwelveLabs({ ...parts, baseUrl: 'https://api.example.test/v1.3' }),
);
