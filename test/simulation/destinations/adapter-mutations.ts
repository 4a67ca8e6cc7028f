import { type AdapterChange, plantedBugs } from '../../conformance/planted-bugs.ts';
import type { Change } from '../../destinations/selfcommunity/community.ts';
import { crashMutation, faultMutations } from '../../destinations/selfcommunity/mutations.ts';
import { sevenBridgesBugs } from '../../destinations/seven-bridges/planted-bugs.ts';
import type { Kind } from './run-destination-seed.ts';

/** A deliberate bug, and what a seed shows of it. */
export interface AdapterMutation extends AdapterChange {
  readonly name: string;
  readonly kind: Kind;
  readonly caughtBy: RegExp;
  /** Other ports. */
  readonly ports?: Change;
}

/** What seeds show of each bug that is planted into the adapter of Seven Bridges. */
const shownBySevenBridges: Readonly<Record<string, RegExp>> = {
  'no evidence where the service returns some': /it ended FAILED RequestRejectedError/,
  'an identity without the server': /the identity names no server/,
  'the key in an error': /the token is in the output/,
  'the key in the URL': /the token is in a URL or a body/,
  'a whole chunk in memory': /pieces in memory/,
  'the key for another server': /another server receives the token/,
  'a create that counts as unsent after a lost reply': /creates of unknown uploads/,
  'a create that counts as lost although it was not sent': /creates count as lost/,
  'a request that the adapter repeats': /PUTs for/,
  'a wait that is not passed on': /before its time/,
  'a lost session that counts as active': /it ended/,
  'a deleted asset that counts as ready': /the asset is not the file/,
  'an asset id before the finish': /has an asset before its finish/,
  'a completion that hides a missing chunk': /it ended FAILED AssetMissingError/,
  'a completion that trusts the proofs': /it ended FAILED AssetMissingError/,
  'the key for a server that a reply names': /another server receives the token/,
  'a repeated chunk that counts as sent, and is not read': /it ended FAILED/,
  'other bytes than those of the source': /it ended FAILED/,
  'a limit that is not that of the service': /it ended FAILED RequestRejectedError/,
  'a call that ignores its signal': /went on after its call had ended/,
  'reports one part twice': /twice in one call/,
  'completes without one part': /it ended FAILED/,
  'uses its own part size in place of the one of the service': /it ended FAILED/,
  'ignores that an older file may be overwritten': /it ended FAILED NameTakenError/,
  'continues a session with another part size': /it ended FAILED/,
  'sends a part under the number of another one': /it ended FAILED/,
  'takes part in another project': /it ended FAILED ProjectNotFoundError/,
};

/** What they show of the bugs of SelfCommunity's adapter, if it is not what its own checks say. */
const shownBySelfCommunity: Readonly<Record<string, RegExp>> = {
  'the completion is repeated blindly': /2 files/,
  'the completion is not claimed before it is requested': /2 files/,
};

/** No bug is without an entry in `shownBySevenBridges`: then nothing matches, and the test fails. */
const nothing = /^(?!)/;

const sevenBridgesMutations = [...plantedBugs, ...sevenBridgesBugs].map((bug): AdapterMutation => {
  const { bug: name } = bug;
  return { ...bug, name, kind: 'seven-bridges', caughtBy: shownBySevenBridges[name] ?? nothing };
});

const selfCommunityMutations = [...faultMutations, crashMutation].map(
  ({ change, name, caughtBy }): AdapterMutation => ({
    ...{ name, kind: 'selfcommunity', ports: change },
    caughtBy: shownBySelfCommunity[name] ?? caughtBy,
  }),
);

/** The bugs of both adapters. */
export const adapterMutations: readonly AdapterMutation[] = [
  ...sevenBridgesMutations,
  ...selfCommunityMutations,
];
