import { newCrc } from '#src/aws/crc/running-crc.ts';
import { createConcurrencyRegistry } from '#src/core/rates/adaptive-concurrency.ts';
import { collectBuffersCheaply } from '#src/http/socket-memory.ts';
import { sendChunks } from '#src/steps/send-chunks/send-chunks.ts';
import { createContainer, type PortPart } from '../runtime/container.ts';
import { destination } from '../runtime/destination.ts';
import { createStepHandler } from '../runtime/handler.ts';
import { settings } from '../runtime/settings.ts';
import { source } from '../runtime/source.ts';
import { sourceProbes } from '../runtime/source-probes.ts';
import { queue, store } from '../runtime/table.ts';

collectBuffersCheaply();

/** The chunk concurrency of each transfer, which the calls of a sandbox share. */
const concurrency: PortPart<'concurrency'> = {
  port: 'concurrency',
  build: (container) => {
    const { chunksInFlight, mapConcurrency } = container.get(settings);
    return createConcurrencyRegistry(container.clock, chunksInFlight * mapConcurrency);
  },
};

export const createHandler = createStepHandler('SendChunks', sendChunks, {
  store,
  queue,
  source,
  destination,
  settings,
  probes: sourceProbes,
  newCrc: { port: 'newCrc', build: () => newCrc },
  concurrency,
});

export const handler = createHandler(createContainer(process.env));
