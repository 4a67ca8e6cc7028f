import { awaitAsset } from '#src/steps/await-asset/await-asset.ts';
import { createContainer } from '../runtime/container.ts';
import { destination } from '../runtime/destination.ts';
import { createStepHandler } from '../runtime/handler.ts';
import { store } from '../runtime/table.ts';

export const createHandler = createStepHandler('AwaitAsset', awaitAsset, { store, destination });

export const handler = createHandler(createContainer(process.env));
