import { Duration } from 'aws-cdk-lib';
import type { Node } from 'constructs';
import { TransferError } from '#src/core/errors.ts';
import type { TransferStackProps } from './transfer-stack.ts';

/**
 * The stack's props out of CDK context: `-c key=value` on the command line, or `context` in cdk.json.
 * Lists are comma-separated, sizes and times whole numbers. A key that is not set is left out.
 * @throws ConfigurationError - a value is no such number
 */
export function propsFromContext(node: Node): TransferStackProps {
  return withoutAbsent({
    sourceBuckets: list(node, 'sourceBuckets'),
    apiKeySecretArn: text(node, 'apiKeySecretArn'),
    eventBusName: text(node, 'eventBusName'),
    baseUrl: text(node, 'baseUrl'),
    sendMemoryMiB: whole(node, 'sendMemoryMiB'),
    sendTimeout: seconds(node, 'sendTimeoutSeconds'),
    stepMemoryMiB: whole(node, 'stepMemoryMiB'),
    stepTimeout: seconds(node, 'stepTimeoutSeconds'),
    chunksInFlight: whole(node, 'chunksInFlight'),
    mapConcurrency: whole(node, 'mapConcurrency'),
    maxMediaBytes: whole(node, 'maxMediaBytes'),
    maxImageBytes: whole(node, 'maxImageBytes'),
    noProgress: seconds(node, 'noProgressSeconds'),
  });
}

function text(node: Node, key: string): string | undefined {
  const value: unknown = node.tryGetContext(key);
  return value === undefined || value === '' ? undefined : String(value);
}

function list(node: Node, key: string): string[] | undefined {
  const entries = text(node, key)?.split(',');
  return entries?.map((entry) => entry.trim()).filter((entry) => entry !== '');
}

function whole(node: Node, key: string): number | undefined {
  const value = text(node, key);
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  throw new TransferError(
    'ConfigurationError',
    `context: ${key} is ${JSON.stringify(value)}; a whole number is right`,
  );
}

function seconds(node: Node, key: string): Duration | undefined {
  const value = whole(node, key);
  return value === undefined ? undefined : Duration.seconds(value);
}

/** Props are there or they are not: none is ever there as undefined. */
function withoutAbsent<T extends object>(props: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
