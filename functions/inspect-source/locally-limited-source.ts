import { createS3SourceReader } from '#src/aws/s3/source-reader.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { type CallLimiter, createCallLimiter } from '#src/throttling/call-limiter.ts';
import { createThrottledSource } from '#src/throttling/throttled-source.ts';
import type { Container, PortPart } from '../runtime/container.ts';
import { createSandboxLog } from '../runtime/log.ts';
import { meterOf } from '../runtime/meter.ts';
import { createSourceClients } from '../runtime/source-clients.ts';

/**
 * The sources' S3 with rates of this sandbox alone: InspectSource has no permission for the table.
 * Its bundle leaves out the table's client, which keeps it below 1 MB.
 */
export const locallyLimitedSource: PortPart<'source'> = {
  port: 'source',
  build: (container) => {
    const reader = createS3SourceReader({ clientOf: createSourceClients(container) });
    return createThrottledSource(reader, createLocalLimiter(container));
  },
};

function createLocalLimiter(container: Container): CallLimiter {
  return createCallLimiter({
    clock: container.clock,
    random: container.random,
    log: createSandboxLog(container),
    meter: meterOf(container),
    store: () => {
      throw new TransferError('UnexpectedError', 'InspectSource asked for the table');
    },
  });
}
