import { awaitAsset } from '#src/steps/await-asset/await-asset.ts';
import { destination } from '../runtime/destination.ts';
import { doorway } from '../runtime/doorway.ts';
import { store } from '../runtime/store.ts';

export const handler = doorway('AwaitAsset', awaitAsset, () => ({
  store: store(),
  destination: destination(),
}));
