import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { TransferTable } from '#infra/constructs/transfer-table.ts';
import { StepFunction, type StepFunctions } from '#infra/lambda/step-function.ts';
import { Monitoring } from '#infra/monitoring/monitoring.ts';
import type { MonitoringProps } from '#infra/monitoring/monitoring-props.ts';
import type { CloudFormationTemplate } from '#infra/synthesize.ts';
import { type StepName, stepNames } from '#src/core/shared-with-infra/step-names.ts';

/** Returns the props that a test overrides. */
export type Given = (stack: Stack) => Partial<MonitoringProps>;

/** Creates a stack with the watched resources and Monitoring, without bundling. */
export function monitoredStack(given: Given = () => ({})): { app: App; stack: Stack } {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const stack = new Stack(app, 'Stack', { env: { account: '123456789012', region: 'eu-west-1' } });
  const functions = Object.fromEntries(
    stepNames.map((step) => [step, stepFunction(stack, step)]),
  ) as StepFunctions;
  new Monitoring(stack, 'Monitoring', {
    deployment: 'ferry-1',
    functions,
    stateMachine: new StateMachine(stack, 'Transfers', {
      definitionBody: DefinitionBody.fromChainable(new Pass(stack, 'Nothing')),
    }),
    table: new TransferTable(stack, 'Table', { removalPolicy: RemovalPolicy.DESTROY }),
    reconciler: stepFunction(stack, 'RecordOutcome', 'Reconciler'),
    dispatcher: stepFunction(stack, 'RecordOutcome', 'Dispatcher'),
    deadLetterQueues: { ObjectEvents: { queue: deadLetterQueue(stack) } },
    ...given(stack),
  });
  return { app, stack };
}

/** Returns the template of that stack. */
export function monitoredTemplate(given?: Given): CloudFormationTemplate {
  const { app, stack } = monitoredStack(given);
  return app.synth().getStackArtifact(stack.artifactId).template;
}

function stepFunction(stack: Stack, step: StepName, id: string = step): StepFunction {
  return new StepFunction(stack, id, {
    step,
    memoryMiB: 512,
    timeLimit: Duration.seconds(60),
    environment: {},
    logRetention: RetentionDays.ONE_WEEK,
  });
}

function deadLetterQueue(stack: Stack): Queue {
  return new Queue(stack, 'DeadLetters', {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
  });
}

/** The properties of an alarm that these tests read. */
export interface AlarmProperties {
  readonly AlarmDescription: string;
  readonly AlarmActions: readonly { readonly Ref: string }[];
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly EvaluationPeriods: number;
  readonly Period?: number;
  readonly MetricName?: string;
  readonly Namespace?: string;
  readonly Statistic?: string;
  readonly TreatMissingData: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly Metrics?: readonly {
    readonly Expression?: string;
    readonly MetricStat?: { readonly Metric: { readonly MetricName: string } };
  }[];
}

/** Returns all alarms by the name in their logical id. */
export function alarmsIn({ Resources }: CloudFormationTemplate): Map<string, AlarmProperties> {
  const found = Object.entries(Resources).filter(
    ([, { Type }]) => Type === 'AWS::CloudWatch::Alarm',
  );
  return new Map(
    found.map(([id, { Properties }]) => [
      id.replace(/^Monitoring/, '').replace(/[0-9A-F]{8}$/, ''),
      Properties as unknown as AlarmProperties,
    ]),
  );
}

/** Returns the names of an alarm's metrics, also those in its expression. */
export function metricsOf({ MetricName, Metrics = [] }: AlarmProperties): string[] {
  const inside = Metrics.map(({ MetricStat }) => MetricStat?.Metric.MetricName);
  return [MetricName, ...inside].filter((name) => name !== undefined);
}

/** Returns the properties of all resources of a type. */
export function resourcesOf(
  type: string,
  { Resources }: CloudFormationTemplate,
): Record<string, unknown>[] {
  return Object.values(Resources)
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => ({ ...Properties }));
}
