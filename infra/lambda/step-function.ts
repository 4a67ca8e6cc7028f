import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Architecture, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, type NodejsFunctionProps } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { FunctionNetwork } from '#infra/network/function-network.ts';
import { functionEntries, type StepName } from '#src/core/shared-with-infra/step-names.ts';
import { functionCode } from './function-code.ts';

/** The settings that differ between the steps' functions. */
export interface StepFunctionProps {
  readonly step: StepName;
  readonly memoryMiB: number;
  /** Lambda ends an invocation after this time. */
  readonly timeLimit: Duration;
  readonly environment: Readonly<Record<string, string>>;
  readonly logRetention: RetentionDays;
  /** Default: outside any VPC. */
  readonly network?: FunctionNetwork | undefined;
}

/**
 * A small young generation frees the sockets' 64 KiB buffers in cheap scavenges. With the default size
 * they wait for full collections, which cost the sending function a quarter more CPU.
 */
const nodeOptions = '--enable-source-maps --max-semi-space-size=2';

/** The function of one step: Node.js 24 on arm64, one ES module. Its versions are retained. */
export class StepFunction extends NodejsFunction {
  /** Lambda ends an invocation after this time. */
  readonly timeLimit: Duration;

  constructor(scope: Construct, id: string, props: StepFunctionProps) {
    super(scope, id, functionProps(scope, id, props));
    this.timeLimit = props.timeLimit;
  }
}

/** The function of each step. */
export type StepFunctions = Readonly<Record<StepName, StepFunction>>;

function functionProps(
  scope: Construct,
  id: string,
  { step, ...others }: StepFunctionProps,
): NodejsFunctionProps {
  return {
    ...deployedFunctionProps(scope, `${id}Logs`, {
      ...others,
      description: functionEntries[step].purpose,
      folder: functionEntries[step].folder,
    }),
    // A running execution calls the version of its definition, also after a deployment.
    currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
  };
}

/** Settings and permissions of the reconciler's and the dispatcher's function. */
export interface ServiceFunctionProps
  extends Pick<StepFunctionProps, 'environment' | 'memoryMiB' | 'logRetention' | 'network'> {
  /** Grants the function the permissions of its work. */
  readonly permit: (granted: NodejsFunction) => void;
}

/** The settings of any function. */
export interface DeployedFunction extends Omit<StepFunctionProps, 'step'> {
  readonly description: string;
  /** The folder of its handler below `functions/`. */
  readonly folder: string;
}

/**
 * Returns the props of a function: one ES module for Node.js 24 on arm64, with its own log group.
 * @param logsId - the id of the log group
 */
export function deployedFunctionProps(
  scope: Construct,
  logsId: string,
  { description, folder, memoryMiB, timeLimit, environment, ...others }: DeployedFunction,
): NodejsFunctionProps {
  return {
    ...others.network,
    description,
    ...functionCode(folder),
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: memoryMiB,
    timeout: timeLimit,
    environment: { ...environment, NODE_OPTIONS: nodeOptions },
    tracing: Tracing.ACTIVE,
    loggingFormat: LoggingFormat.JSON,
    logGroup: new LogGroup(scope, logsId, {
      retention: others.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    }),
  };
}
