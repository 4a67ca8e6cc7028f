import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import type { Log } from '#src/core/ports/log.ts';
import type { Container, Part } from './container.ts';
import type { Subject } from './log-subject.ts';

/** The keys of every log line of a call. */
export interface CallKeys extends Subject {
  readonly step: string;
}

const logger: Part<Logger> = {
  survivesReset: true,
  build: ({ serviceName }) => new Logger({ serviceName }),
};

/**
 * Returns the log of a call: JSON lines with step, object, transfer, execution and request, and with
 * Powertools' fields about the function. A sandbox serves one call at a time, so calls share a logger.
 */
export function openCallLog(container: Container, keys: CallKeys, context: Context): Log {
  const override = container.override('log');
  if (override) return override;
  const shared = container.get(logger);
  shared.resetKeys();
  shared.addContext(context);
  const known = Object.entries(keys).filter(([, value]) => value !== undefined);
  shared.appendKeys({ ...Object.fromEntries(known), requestId: context.awsRequestId });
  return logThrough(shared);
}

/** Returns the log for parts that outlive a call. Its lines have the keys of the current call. */
export function createSandboxLog(container: Container): Log {
  return container.override('log') ?? logThrough(container.get(logger));
}

function logThrough(shared: Logger): Log {
  return {
    info: (message, fields = {}) => shared.info(message, fields),
    warn: (message, fields = {}) => shared.warn(message, fields),
    error: (message, fields = {}) => shared.error(message, fields),
  };
}
