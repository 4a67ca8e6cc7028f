import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import type { Log } from '#src/core/ports/log.ts';
import { given } from './given.ts';

/** Which Chunkferry this is, in logs, metrics and traces; the stack sets it, by Powertools' name. */
export const serviceName = process.env.POWERTOOLS_SERVICE_NAME || 'chunkferry';

const logger = new Logger({ serviceName });

/** What a call works on, as every line of its log names it. */
export interface Subject {
  readonly bucket?: string | undefined;
  readonly key?: string | undefined;
  /** Absent until a transfer is taken. */
  readonly transferId?: string | undefined;
  readonly execution?: string | undefined;
}

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

/** What a function is called with; state and input may be anything. */
interface Payload {
  readonly state?: unknown;
  readonly input?: unknown;
  readonly executionId: string;
}

/**
 * Finds the names of a call's object in its state, else in what the execution was started with. The
 * step is what judges them: they are only looked for.
 */
export function subjectIn({ state, input, executionId }: Payload): Subject {
  // A start that waits keeps its input in its state.
  const inputs = [input, within(state, 'input')];
  const places = [state, within(state, 'source'), within(state, 'ending'), ...inputs];
  const named = [...places, ...[state, ...inputs].map(ofEvent)].find(isNamed);
  return {
    bucket: textIn(named, 'bucket', 255),
    key: textIn(named, 'key', 1024),
    transferId: textIn(state, 'transferId', 255),
    execution: executionId,
  };
}

function isNamed(place: unknown): boolean {
  return textIn(place, 'bucket', 255) !== undefined && textIn(place, 'key', 1024) !== undefined;
}

/** S3's event holds the names one level deeper. */
function ofEvent(value: unknown): unknown {
  const detail = within(value, 'detail');
  const bucket = within(within(detail, 'bucket'), 'name');
  return { bucket, key: within(within(detail, 'object'), 'key') };
}

function within(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** What is longer names nothing. */
function textIn(value: unknown, name: string, maxLength: number): string | undefined {
  const text = within(value, name);
  return typeof text === 'string' && text.length <= maxLength ? text : undefined;
}
