import { modes } from '#src/destinations/selfcommunity/settings.ts';
import { selfCommunityTraits, sevenBridgesTraits, twelveLabsTraits } from './adapter-traits.ts';
import { describeAdapter } from './destination-suite.ts';
import { openSelfCommunity } from './selfcommunity-service.ts';
import { openSevenBridges } from './seven-bridges-service.ts';
import { openTwelveLabs } from './twelvelabs-service.ts';

describeAdapter('TwelveLabs, at the simulator', twelveLabsTraits, openTwelveLabs);
describeAdapter('Seven Bridges, at the simulator', sevenBridgesTraits, openSevenBridges);
for (const mode of modes) {
  const label = `SelfCommunity, at the simulator (${mode})`;
  describeAdapter(label, selfCommunityTraits, openSelfCommunity(mode));
}
