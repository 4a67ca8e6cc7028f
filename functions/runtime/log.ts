import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import type { Log } from '#src/core/ports.ts';
import { given } from './given.ts';
import type { Subject } from './subject.ts';

/** Which Chunkferry this is, in logs, metrics and traces; the stack sets it, by Powertools' name. */
export const serviceName = process.env.POWERTOOLS_SERVICE_NAME || 'chunkferry';

const logger = new Logger({ serviceName });

/** What every line of a call names. */
export interface CallKeys extends Subject {
  readonly step: string;
}

/**
 * Structured JSON lines, one an event, each with its step, object, transfer, execution and request,
 * and with what Powertools says of the function, cold start included. A sandbox serves one call at a
 * time, so one logger serves them all.
 */
export function log(keys: CallKeys, context: Context): Log {
  if (given.log) return given.log;
  logger.resetKeys();
  logger.addContext(context);
  const known = Object.entries(keys).filter(([, value]) => value !== undefined);
  logger.appendKeys({ ...Object.fromEntries(known), requestId: context.awsRequestId });
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
