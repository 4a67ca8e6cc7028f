import { stripVTControlCharacters } from 'node:util';
import type { DeployResult, IIoHost, Toolkit } from '@aws-cdk/toolkit-lib';
import { createApp } from '#infra/create-app.ts';
import { redact } from '#src/core/errors/redact.ts';
import { isTransferError } from '#src/core/errors/transfer-error.ts';
import { CommandError } from '../command-error.ts';
import type { Ending } from '../exit-codes.ts';

/** Which stack to deploy, and as whom. */
export interface Deployment {
  /** The context of the CDK app. */
  readonly context: Readonly<Record<string, string>>;
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
  /** Called with one line for each event of the deployment. */
  readonly progress: (line: string) => void;
  /** Called before anything changes. An error ends the deployment. */
  readonly approve: (place: Place) => Promise<void>;
}

/** Where the stack goes to. */
export interface Place {
  readonly stack: string;
  readonly account: string;
  readonly region: string;
}

/** A stack after its deployment. */
export interface Deployed extends Place {
  readonly outputs: Readonly<Record<string, string>>;
}

/**
 * Synthesizes the stack and deploys it with the toolkit of the CDK, which is loaded only here.
 * @throws ConfigurationError - the context is invalid
 * @throws CommandError - CloudFormation or the CDK rejected the deployment
 */
export async function deployStack(deployment: Deployment): Promise<Deployed> {
  const { Toolkit, BaseCredentials } = await import('@aws-cdk/toolkit-lib');
  const { profile, region: defaultRegion } = deployment;
  const toolkit = new Toolkit({
    ioHost: hostOf(deployment),
    sdkConfig: {
      baseCredentials: BaseCredentials.awsCliCompatible({
        ...(profile && { profile }),
        ...(defaultRegion && { defaultRegion }),
      }),
    },
  });
  try {
    return await approveAndDeploy(toolkit, deployment);
  } catch (error) {
    throw ownError(error) ?? deploymentError(error);
  }
}

async function approveAndDeploy(
  toolkit: Toolkit,
  { context, approve }: Deployment,
): Promise<Deployed> {
  let place: Omit<Place, 'stack'> = { account: '', region: '' };
  const source = await toolkit.fromAssemblyBuilder(
    async ({ outdir, context: known, env }) => {
      place = { account: env.CDK_DEFAULT_ACCOUNT ?? '', region: env.CDK_DEFAULT_REGION ?? '' };
      return createApp({ ...(outdir && { outdir }), context: { ...known, ...context } }).synth();
    },
    { clobberEnv: false },
  );
  await using assembly = await toolkit.synth(source);
  const [stack = ''] = assembly.cloudAssembly.stacks.map(({ stackName }) => stackName);
  await approve({ stack, ...place });
  return deployedOf(await toolkit.deploy(assembly));
}

function deployedOf({ stacks }: DeployResult): Deployed {
  const [deployed] = stacks;
  const { stackName: stack = '', environment, outputs = {} } = deployed ?? {};
  const { account = '', region = '' } = environment ?? {};
  return { stack, account, region, outputs };
}

/** Shows what the toolkit reports. Its questions have the answer of `approve`, which was yes. */
function hostOf({ progress }: Deployment): IIoHost {
  const shown: readonly string[] = ['error', 'warn', 'result', 'info'];
  return {
    notify: async ({ level, code, message }) => {
      const isSynthesis = code?.startsWith('CDK_TOOLKIT_I1');
      if (!shown.includes(level) || isSynthesis) return;
      const lines = stripVTControlCharacters(message).split('\n');
      for (const line of lines) if (line.trim() !== '') progress(line.trimEnd());
    },
    requestResponse: async ({ defaultResponse }) => defaultResponse,
  };
}

/** Returns the error of an invalid context, or of `approve`. The toolkit wraps what the synthesis throws. */
function ownError(error: unknown): Error | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (isTransferError(cause) || cause instanceof CommandError) return cause;
  return undefined;
}

/** Failures of the CDK by their text, with the way out. */
const knownFailures: readonly { text: RegExp; ending: Ending; step: string }[] = [
  {
    text: /bootstrap/i,
    ending: 'notFound',
    step: 'Prepare the account and Region with npx cdk bootstrap, then deploy again.',
  },
  {
    text: /credentials|expired|security token|SSO/i,
    ending: 'credentials',
    step: 'Renew the credentials, or use another --profile.',
  },
];

const otherFailure = {
  ending: 'failed',
  step: 'Read the events of the stack in the CloudFormation console, fix the cause, then deploy again.',
} as const;

/** Returns the failure as one line with the way out. */
function deploymentError(error: unknown): CommandError {
  const { message } = error instanceof Error ? error : new Error(String(error));
  const [line = ''] = message.trim().split('\n');
  const reason = redact(line, 500).replace(/[.:]$/, '');
  const { ending, step } = knownFailures.find(({ text }) => text.test(message)) ?? otherFailure;
  return new CommandError(ending, `Deploying failed: ${reason}. ${step}`, { cause: error });
}
