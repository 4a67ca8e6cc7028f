import type { TwelveLabsSimulator } from './simulator.ts';
import { sha256Of, snapshotAssets, snapshotSession } from './snapshots.ts';
import type { SimulatorContext } from './storage/context.ts';

/** The methods of a simulator that only tests use. */
export type TestControls = Omit<
  TwelveLabsSimulator,
  'baseUrl' | 'uploadOrigin' | 'apiKey' | 'switches' | 'faults' | 'calls' | 'close'
>;

/** Returns the methods that read and change the simulator's state without the wire. */
export function testControls(context: SimulatorContext): TestControls {
  const { sessions, clock } = context;
  const endProcessing = (assetId: string, failure: string | undefined): void => {
    const { asset } = sessions.knownByAsset(assetId);
    asset.settlesAt = clock.now();
    asset.failure = failure;
  };
  return {
    sessions: () => sessions.all().map((session) => snapshotSession(context, session)),
    assets: () => snapshotAssets(context),
    storedSha256: async (assetId) => sha256Of(sessions.knownByAsset(assetId)),
    expireSession(uploadId) {
      sessions.known(uploadId).expiresAt = clock.now();
    },
    failSession(uploadId) {
      sessions.known(uploadId).failed = true;
    },
    dropSession(uploadId) {
      sessions.known(uploadId).forgotten = true;
    },
    recallSession(uploadId) {
      sessions.known(uploadId).forgotten = false;
    },
    failChunk: (uploadId, index, error) => {
      sessions.reopen(sessions.known(uploadId));
      sessions.failChunk(sessions.known(uploadId), index, error);
    },
    failAsset: (assetId, message) => endProcessing(assetId, message),
    makeReady: (assetId) => endProcessing(assetId, undefined),
    deleteAsset(assetId) {
      sessions.knownByAsset(assetId).asset.deleted = true;
    },
  };
}
