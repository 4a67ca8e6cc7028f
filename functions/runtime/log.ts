import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import type { Log } from '#src/core/ports.ts';
import { given } from './given.ts';

/** Which Chunkferry this is, in logs, metrics and traces; the stack sets it, by Powertools' name. */
export const serviceName = process.env.POWERTOOLS_SERVICE_NAME || 'chunkferry';

const logger = new Logger({ serviceName });

/** What every line of a call tells. */
export interface CallKeys {
  readonly step: string;
  /** Absent until a transfer is taken. */
  readonly transferId?: string | undefined;
}

/**
 * Structured JSON lines, one an event, each with its step, its transfer and its request, and with
 * what Powertools tells of the function, cold start included. A sandbox serves one call at a time,
 * so one logger serves them all.
 */
export function log({ step, transferId }: CallKeys, context: Context): Log {
  if (given.log) return given.log;
  logger.resetKeys();
  logger.addContext(context);
  logger.appendKeys({ step, requestId: context.awsRequestId, ...(transferId && { transferId }) });
  return asLog(logger);
}

/** For parts that outlive one call; their lines bear the keys of the call under way. */
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
