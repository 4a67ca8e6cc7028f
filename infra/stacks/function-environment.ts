import { Lazy, Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import type { SourceList } from '#infra/sources/source-list.ts';
import { environmentKeys as keys } from '#src/config/environment-keys.ts';
import { hasPermission } from '#src/core/shared-with-infra/permissions.ts';
import type { StepName } from '#src/core/shared-with-infra/step-names.ts';
import type { CheckedProps } from './chunkferry-props.ts';

/** What the functions share. */
export interface SharedResources {
  /** The value of the metrics' dimension `service`. */
  readonly deployment: string;
  readonly table: Table;
  readonly eventBus: IEventBus;
  readonly apiKeySecret: ISecret;
}

type Values = Readonly<Record<string, string | number | boolean | undefined>>;

/** Returns a step's variables. A prop without a value is omitted: the code that reads it owns its default. */
export function stepEnvironment(
  step: StepName,
  props: CheckedProps,
  shared: SharedResources,
  sources: SourceList,
): Record<string, string> {
  const { needs } = props.destination.definition;
  const reads = hasPermission(step, 'readSources', needs);
  return withoutAbsent({
    ...tableAndBus(shared),
    ...(hasPermission(step, 'callService') && apiKey(shared)),
    ...(callsDestination(step) && destinationVariables(props)),
    [keys.sources]: reads ? sourcesJson(shared.table, sources) : undefined,
    [keys.chunksInFlight]: props.chunksInFlight,
    [keys.mapConcurrency]: props.mapConcurrency,
    ...queueBounds(props),
    [keys.maxSendConcurrency]: props.maxSendConcurrency,
    [keys.sendTimeoutMs]: step === 'OpenSession' ? props.sendTimeout.toMilliseconds() : undefined,
    [keys.noProgressMs]: props.noProgress?.toMilliseconds(),
    [keys.uploadReplyMs]: props.uploadReply?.toMilliseconds(),
    [keys.privateUploadHosts]: props.privateUploadHosts,
  });
}

export function reconcilerEnvironment(
  props: CheckedProps,
  shared: SharedResources,
): Record<string, string> {
  return withoutAbsent({
    ...tableAndBus(shared),
    ...apiKey(shared),
    ...destinationVariables(props),
  });
}

export function dispatcherEnvironment(
  props: CheckedProps,
  shared: SharedResources,
): Record<string, string> {
  return withoutAbsent({ ...tableAndBus(shared), ...queueBounds(props) });
}

function tableAndBus({ table, eventBus, deployment }: SharedResources): Values {
  return {
    [keys.tableName]: table.tableName,
    [keys.eventBusName]: eventBus.eventBusName,
    [keys.serviceName]: deployment,
  };
}

function apiKey({ apiKeySecret }: SharedResources): Values {
  return { [keys.apiKeySecretArn]: apiKeySecret.secretArn };
}

/** InspectSource calls no service, but rejects an object that the destination would reject. */
function callsDestination(step: StepName): boolean {
  return step === 'InspectSource' || hasPermission(step, 'callService');
}

function destinationVariables({ destination }: CheckedProps): Values {
  return { [keys.destination]: destination.definition.kind, ...destination.environment };
}

function queueBounds({ maxActiveTransfers, transferWindow }: CheckedProps): Values {
  return {
    [keys.maxActiveTransfers]: maxActiveTransfers,
    [keys.transferWindow]: transferWindow && JSON.stringify(transferWindow),
  };
}

/** Lazy, because sources may be added until the template is synthesized. */
function sourcesJson(scope: IConstruct, sources: SourceList): string {
  return Lazy.string({
    produce: () => {
      const configured = sources.configured();
      return configured && Stack.of(scope).toJsonString(configured);
    },
  });
}

function withoutAbsent(values: Values): Record<string, string> {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.map(([key, value]) => [key, String(value)]));
}
