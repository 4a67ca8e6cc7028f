import { createS3SourceReader } from '#src/aws/s3/source-reader.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import { type CallLimiter, createCallLimiter } from '#src/rates/call-limiter.ts';
import { throttledSource } from '#src/rates/throttled-source.ts';
import { clock } from './clock.ts';
import { given, kept } from './given.ts';
import { plainLog } from './log.ts';
import { meter } from './meter.ts';
import { random } from './random.ts';
import { sourceClients } from './source-clients.ts';
import { unlimitedDestination } from './unlimited-destination.ts';

/**
 * The parts of the function that inspects: it may not use the table, so its calls of S3 are limited
 * within the process, and it asks the destination for its limits only. Without the table's client the
 * bundle stays within its bound.
 */
export const inspectedSource = () =>
  given.source ??
  kept('inspectedSource', () =>
    throttledSource(createS3SourceReader({ clientOf: sourceClients() }), localLimiter()),
  );

export const inspectedDestination = () =>
  given.destination ?? kept('inspectedDestination', unlimitedDestination);

const localLimiter = (): CallLimiter =>
  createCallLimiter({
    clock: clock(),
    random: random(),
    log: plainLog(),
    meter: meter(),
    store: () => {
      throw new TransferError('UnexpectedError', 'the inspecting function asked for the table');
    },
  });
