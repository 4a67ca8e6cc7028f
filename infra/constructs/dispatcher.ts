import { Duration } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { deployedFunctionProps, type ServiceFunctionProps } from '#infra/lambda/step-function.ts';
import { dispatchSeconds } from '#src/core/limits/limits.ts';
import { functionEntries } from '#src/core/shared-with-infra/step-names.ts';

const dispatchEvery = Duration.seconds(dispatchSeconds);

/** Most calls take less than a second; a call that starts a hundred executions takes a few seconds. */
const timeLimit = Duration.seconds(50);

/** An undelivered call is dropped: the call of the next minute does its work. */
const maxEventAge = Duration.minutes(1);

/**
 * Starts executions for queued transfers as slots become free. It runs when an upload ends, when an
 * execution ends, and every minute. It also takes the operator's commands: pause, resume, cancel.
 */
export class Dispatcher extends Construct {
  readonly function: NodejsFunction;
  /** Lambda ends an invocation after this time. */
  readonly timeLimit = timeLimit;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    const { environment, memoryMiB, logRetention, network } = props;
    const deployed = deployedFunctionProps(this, 'DispatchLogs', {
      description: functionEntries.Dispatch.purpose,
      folder: functionEntries.Dispatch.folder,
      timeLimit,
      environment,
      memoryMiB,
      logRetention,
      network,
    });
    this.function = new NodejsFunction(this, 'Dispatch', deployed);
    this.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge });
    props.permit(this.function);
  }

  /** Dispatches for this state machine. Call it once, after creating the state machine. */
  dispatchFor({ stateMachineArn }: IStateMachine): void {
    new Rule(this, 'ExecutionEnded', {
      description: 'Starts queued transfers when an execution ends',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [stateMachineArn],
          status: ['SUCCEEDED', 'FAILED', 'ABORTED', 'TIMED_OUT'],
        },
      },
      targets: [this.#target({ stateMachineArn: EventField.fromPath('$.detail.stateMachineArn') })],
    });
    new Rule(this, 'Schedule', {
      description: 'Starts queued transfers and measures the queue',
      schedule: Schedule.rate(dispatchEvery),
      targets: [this.#target({ stateMachineArn, schedule: true })],
    });
  }

  /** The cast: the two CDK types differ in how they declare an optional property. */
  #target(event: Readonly<Record<string, unknown>>): LambdaFunction {
    return new LambdaFunction(this.function as IFunction, {
      event: RuleTargetInput.fromObject(event),
      retryAttempts: 0,
      maxEventAge,
    });
  }
}
