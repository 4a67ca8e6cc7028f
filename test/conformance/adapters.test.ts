import { modes } from '#src/destinations/selfcommunity/settings.ts';
import { selfCommunityTraits, sevenBridgesTraits, twelveLabsTraits } from './adapter-traits.ts';
import { describeRequests } from './destination-suite.ts';
import { openSelfCommunity } from './selfcommunity-service.ts';
import { openSevenBridges } from './seven-bridges-service.ts';
import { openTwelveLabs } from './twelvelabs-service.ts';

// `adapters.deep.test.ts` has the transfers.
describeRequests('TwelveLabs, at the simulator', twelveLabsTraits, openTwelveLabs);
describeRequests('Seven Bridges, at the simulator', sevenBridgesTraits, openSevenBridges);
for (const mode of modes) {
  const label = `SelfCommunity, at the simulator (${mode})`;
  describeRequests(label, selfCommunityTraits, openSelfCommunity(mode));
}
