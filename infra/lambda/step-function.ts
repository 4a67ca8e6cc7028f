import { fileURLToPath } from 'node:url';
import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Architecture, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import {
  type BundlingOptions,
  LogLevel,
  NodejsFunction,
  type NodejsFunctionProps,
  OutputFormat,
} from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { FunctionNetwork } from '#infra/network/function-network.ts';
import { functionEntries, type StepName } from '#src/core/stack/step-names.ts';

/** What differs between the steps' functions. */
export interface StepFunctionProps {
  readonly step: StepName;
  readonly memoryMiB: number;
  /** After which Lambda ends an invocation. */
  readonly timeLimit: Duration;
  readonly environment: Readonly<Record<string, string>>;
  readonly logRetention: RetentionDays;
  /** Left out: outside any VPC. */
  readonly network?: FunctionNetwork | undefined;
}

/**
 * A small young generation frees the 64 KiB buffers of the sockets in cheap scavenges; with the usual
 * one they wait for full collections, which cost the sending function a quarter more CPU.
 */
const nodeOptions = '--enable-source-maps --max-semi-space-size=2';

const projectRoot = fileURLToPath(new URL('../../', import.meta.url));

/**
 * What the bundler leaves out of undici, since it is required only where it is used: the spare
 * parsers, and the web platform's classes, for bodies that are FormData.
 */
const unusedModules = ['../milo/*', '../llhttp/llhttp-wasm.js', '../web/*'];

const bundling: BundlingOptions = {
  format: OutputFormat.ESM,
  target: 'node24',
  // The ES module of a package, where it has one, lets the bundler drop what is not used.
  mainFields: ['module', 'main'],
  minify: true,
  sourceMap: true,
  sourcesContent: false,
  logLevel: LogLevel.WARNING,
  // Named in full, this also takes the SDK into the bundle: the versions that were tested.
  externalModules: unusedModules,
  // Some dependencies call require, which an ES module does not have.
  banner:
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
};

/** The function of one step: Node.js 24 on arm64, its code one ES module; its versions are kept. */
export class StepFunction extends NodejsFunction {
  /** After which Lambda ends an invocation. */
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
    // A transfer under way calls the version that its definition names, whatever is deployed since.
    currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
  };
}

/** Settings and permissions of a function that belongs to no step: the reconciler's, the dispatcher's. */
export interface ServiceFunctionProps
  extends Pick<StepFunctionProps, 'environment' | 'memoryMiB' | 'logRetention' | 'network'> {
  /** Grants the function what its work needs, each on named resources. */
  readonly permit: (granted: NodejsFunction) => void;
}

/** What every function here is told by. */
export interface DeployedFunction extends Omit<StepFunctionProps, 'step'> {
  readonly description: string;
  /** The folder of its handler below `functions/`. */
  readonly folder: string;
}

/**
 * How every function here is built and run: one ES module for Node.js 24 on arm64, with its own log.
 * @param logsId - the id of its log group
 */
export function deployedFunctionProps(
  scope: Construct,
  logsId: string,
  { description, folder, memoryMiB, timeLimit, environment, ...others }: DeployedFunction,
): NodejsFunctionProps {
  return {
    ...others.network,
    description,
    entry: `${projectRoot}functions/${folder}/handler.ts`,
    projectRoot,
    depsLockFilePath: `${projectRoot}package-lock.json`,
    bundling,
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
