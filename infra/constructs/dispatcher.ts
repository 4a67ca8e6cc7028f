import { Duration } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { deployedFunctionProps, type ServiceFunctionProps } from '#infra/lambda/step-function.ts';
import { dispatchSeconds } from '#src/core/limits/limits.ts';
import { functionEntries } from '#src/core/stack/step-names.ts';

const dispatchEvery = Duration.seconds(dispatchSeconds);

/** Most calls take well below a second; one that starts a hundred executions takes a few. */
const timeLimit = Duration.seconds(50);

/** A call that can't be delivered is not worth keeping: the next minute's does its work. */
const maxEventAge = Duration.minutes(1);

/**
 * Starts executions for queued transfers as slots become free: called when an upload ends, when an
 * execution ends, and every minute. Also takes the operator's commands: pause, resume, cancel.
 */
export class Dispatcher extends Construct {
  readonly function: NodejsFunction;
  /** After which Lambda ends an invocation. */
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

  /** Dispatches for this state machine. Call it once, after the state machine is made. */
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
