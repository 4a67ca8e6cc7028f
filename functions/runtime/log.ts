import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import type { Log } from '#src/core/ports.ts';
import { given } from './given.ts';

const logger = new Logger({ serviceName: 'chunkferry' });

/** Structured JSON lines, one an event, each with the step and the request it belongs to. */
export function log(step: string, context: Context): Log {
  return (
    given.log ??
    asLog(logger.createChild({ persistentKeys: { step, requestId: context.awsRequestId } }))
  );
}

/** For parts that outlive one call. */
export function plainLog(): Log {
  return given.log ?? asLog(logger);
}

function asLog(to: Logger): Log {
  return {
    info: (message, fields = {}) => to.info(message, fields),
    warn: (message, fields = {}) => to.warn(message, fields),
    error: (message, fields = {}) => to.error(message, fields),
  };
}
